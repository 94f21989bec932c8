/** Somebody who asked, and is to be answered once. */
export interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers what is asked for in one turn of the event loop. */
export interface Gathering<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  /** Has all that was gathered leave now. */
  leave(): void;
}

/** So many in one command: the server works on some while others are still being asked for. */
const mostTogether = 32;

/**
 * Has what is asked for in one turn of the event loop asked of a server at once: with many guests a command of its own is most
 * of what each costs.
 * @param askAll answers each of them; whatever it throws, it gives to them itself
 */
export function gather<Question, Answer>(
  askAll: (asked: readonly Asked<Question, Answer>[]) => void,
): Gathering<Question, Answer> {
  let waiting: Asked<Question, Answer>[] = [];

  function leave(): void {
    if (waiting.length === 0) return;
    const gathered = waiting;
    waiting = [];
    askAll(gathered);
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) process.nextTick(leave);
        waiting.push({ question, resolve, reject });
        if (waiting.length >= mostTogether) leave();
      }),
    leave,
  };
}
