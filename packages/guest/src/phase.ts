let serving = false;
let uses = 0;
const endings: (() => void)[] = [];

/** Called when a request reaches an instance. */
export function beginServing(): void {
  serving = true;
}

/** Called when a request is answered: lets go of what was only there for it. */
export function endServing(): void {
  for (const end of endings) end();
}

/** Has `end` called whenever a request is answered. */
export function onServed(end: () => void): void {
  endings.push(end);
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
