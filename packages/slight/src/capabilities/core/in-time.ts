import type { MaybePromise } from './backend.ts';

/**
 * Opens what somebody has to end, within a deadline. What comes after it, when nobody waits for it any more, is ended.
 * @param run runs `open` once or more, as the portable layer does, and gives up when it is over
 */
export function openInTime<T>(
  run: (open: () => MaybePromise<T>) => MaybePromise<T>,
  open: () => MaybePromise<T>,
  end: (made: T) => MaybePromise<unknown>,
): MaybePromise<T> {
  let wanted = true;
  async function endLate(made: T): Promise<T> {
    await end(made);
    return made;
  }
  const made = run(() => {
    const opening = open();
    return opening instanceof Promise ? opening.then((each) => (wanted ? each : endLate(each))) : opening;
  });
  if (!(made instanceof Promise)) return made;
  return made.catch((error: unknown) => {
    wanted = false;
    throw error;
  });
}
