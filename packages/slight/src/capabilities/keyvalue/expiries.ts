/** Says when keys expire, for watches of servers that say so too late or not at all. */
export interface Expiries {
  /** What is known of a key now: when it ends, in milliseconds since 1970; undefined: it does not. */
  note(key: string, end: number | undefined): void;
  close(): void;
}

/** The longest that a timer of Node waits. */
const longestTimer = 2 ** 31 - 1;

/** @param tell called with each key a moment after its end */
export function makeExpiries(tell: (key: string) => void): Expiries {
  const ends = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let next = Infinity;

  function plan(end: number): void {
    if (end >= next) return;
    next = end;
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(Math.max(end - Date.now(), 0) + 1, longestTimer)).unref();
  }

  function look(): void {
    next = Infinity;
    let first = Infinity;
    for (const [key, end] of ends) {
      if (end > Date.now()) first = Math.min(first, end);
      else if (ends.delete(key)) tell(key);
    }
    if (first < Infinity) plan(first);
  }

  return {
    note(key, end) {
      if (end === undefined) return void ends.delete(key);
      ends.set(key, end);
      plan(end);
    },
    close() {
      clearTimeout(timer);
      ends.clear();
    },
  };
}
