let serving = false;

/** Called when the first request reaches an instance. */
export function beginServing(): void {
  serving = true;
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
  if (serving) return;
  throw new Error(
    `${what} at the top level of a module. That code runs once, while the app is built, where nothing outside ` +
      `exists; move it into a handler`,
  );
}
