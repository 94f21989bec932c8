/**
 * The deadlines of operations. Nearly all of them are given up before they come, and there are as many as operations, so
 * they share timers: one for all that are equally long, since those end in the order in which they began.
 */
export interface Deadline {
  /** Gives it up. Nothing happens where it has come already. */
  stop(): void;
}

class Entry implements Deadline {
  before: Entry | undefined;
  after: Entry | undefined;
  /** Undefined once it is over. */
  line: Line | undefined;
  readonly at: number;
  readonly end: () => void;

  constructor(line: Line, end: () => void) {
    this.line = line;
    this.at = performance.now() + line.milliseconds;
    this.end = end;
  }

  stop(): void {
    this.line?.remove(this);
  }
}

const lines = new Map<number, Line>();

/** Those of one length, the earliest first. */
class Line {
  readonly milliseconds: number;
  first: Entry | undefined;
  last: Entry | undefined;
  timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  add(end: () => void): Entry {
    const entry = new Entry(this, end);
    entry.before = this.last;
    if (this.last === undefined) this.first = entry;
    else this.last.after = entry;
    this.last = entry;
    // A timer that is left of earlier ones comes too early, and is set again then.
    if (this.timer === undefined) this.start(this.milliseconds);
    else if (this.first === entry) this.timer.ref();
    return entry;
  }

  remove(entry: Entry): void {
    if (entry.before === undefined) this.first = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === undefined) this.last = entry.before;
    else entry.after.before = entry.before;
    entry.line = undefined;
    // The timer stays for those to come, but keeps no process alive.
    if (this.first === undefined) this.timer?.unref();
  }

  start(milliseconds: number): void {
    this.timer = setTimeout(() => this.fire(), milliseconds);
  }

  fire(): void {
    this.timer = undefined;
    const now = performance.now();
    while (this.first !== undefined && this.first.at <= now) {
      const { end } = this.first;
      this.remove(this.first);
      end();
    }
    if (this.first === undefined) lines.delete(this.milliseconds);
    else this.start(Math.ceil(this.first.at - now));
  }
}

/** Calls `end` after so many milliseconds, unless it is stopped before. */
export function startDeadline(milliseconds: number, end: () => void): Deadline {
  const length = Math.max(1, Math.ceil(milliseconds));
  let line = lines.get(length);
  if (line === undefined) lines.set(length, (line = new Line(length)));
  return line.add(end);
}
