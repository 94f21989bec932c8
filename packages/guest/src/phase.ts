let serving = false;
let uses = 0;

/** What of an instance goes on by itself while a call of the host's is under way: its timers. */
export interface Background {
  /** A call begins. */
  resume(): void;
  /** A call ends, and others follow for the same request: the body is sent piece by piece. */
  pause(): void;
  /** The request is answered: whatever was only there for it is let go. */
  stop(): void;
}

const backgrounds: Background[] = [];

/** Has `background` hear of calls that begin and end. */
export function addBackground(background: Background): void {
  backgrounds.push(background);
}

/**
 * Who sleeps where nothing else is to be done: one of those that wait, so that none keeps another from going on.
 */
export const sleeper: {
  /** Whether timers are there: then they sleep, for everybody. */
  timers: boolean;
  /** Sleeps for up to so many milliseconds, less where something else happens; false where nothing else is waited for. */
  sleep: (milliseconds: number) => boolean;
} = { timers: false, sleep: () => false };

/** Called when the host calls. */
export function beginServing(): void {
  serving = true;
  for (const each of backgrounds) each.resume();
}

/** Called when the host has what it asked for, and is going to ask for more of the same answer. */
export function pauseServing(): void {
  for (const each of backgrounds) each.pause();
}

/** Called when a request is answered whole. */
export function endServing(): void {
  for (const each of backgrounds) each.stop();
}

/**
 * Whether the code runs to answer a request. Before, it runs in the build: the top level of every module is evaluated
 * once, and its result is frozen into the component. No capability exists then.
 */
export function isServing(): boolean {
  return serving;
}

/**
 * @throws {Error} while the app is being built; `what` is a sentence's beginning: `the store "orders" was used`
 */
export function requireServing(what: string): void {
  uses++;
  if (serving) return;
  throw new Error(
    `${what} at the top level of a module. That code runs once, while the app is built, where nothing outside ` +
      `exists; move it into a handler`,
  );
}

/** Grows with every use of what the host gives: where it has grown, the app has done something meanwhile. */
export function countUses(): number {
  return uses;
}
