import { translateErrors } from './error.ts';
import { requireServing } from './phase.ts';

/** Runs one operation on what was opened. */
export type UseOpened<Handle> = <T>(operation: string, call: (handle: Handle) => T) => Promise<T>;

/**
 * For what the host gives by name: it is opened by its first use, so a module's top level may name it. While the app is
 * built a use throws at once: a promise that nobody awaits would hide it.
 * @param what - for messages: `the store "orders"`
 */
export function useOpened<Handle>(what: string, open: () => Handle): UseOpened<Handle> {
  let opened: Handle | undefined;
  return <T>(operation: string, call: (handle: Handle) => T) => {
    requireServing(`${what} was used (${operation})`);
    return new Promise<T>((done) =>
      done(
        translateErrors(() => {
          opened ??= open();
          return call(opened);
        }),
      ),
    );
  };
}
