/** Somebody who asked, and is to be answered once. */
export interface Asked<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** So many in one command: the server works on some while others are still being asked for. */
const mostTogether = 32;

/**
 * Gathers what is asked for in one turn of the event loop, so that it can be asked of a server at once: with many guests a
 * command of its own is most of what each costs.
 * @param ask answers each of them; whatever it throws, it gives to them itself
 */
export function gatherAsked<Question, Answer>(
  ask: (asked: readonly Asked<Question, Answer>[]) => void,
): (question: Question) => Promise<Answer> {
  let waiting: Asked<Question, Answer>[] = [];

  function leave(): void {
    if (waiting.length === 0) return;
    const gathered = waiting;
    waiting = [];
    ask(gathered);
  }

  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) process.nextTick(leave);
      waiting.push({ question, resolve, reject });
      if (waiting.length >= mostTogether) leave();
    });
}
