import type { MaybePromise } from './backend.ts';
import { CapabilityError } from './error.ts';
import type { PortableTools } from './portable.ts';

/** Follows changes. */
export interface Watch<Told> {
  /** What has changed since the last answer, or since the watch began; waits for it for up to `wait` milliseconds. */
  next(wait: number): MaybePromise<Told>;
  /** Ends a `next` that waits, too. */
  close(): void;
}

/** Milliseconds. Whoever asks for more is answered early. */
const longestWait = 60_000;

/**
 * A watch of a backend as guests see it: a wait that cannot be is `invalid-argument`, and what is closed `cancelled`.
 * @param usual milliseconds that any operation may take, beside the wait
 * @param end called when it is closed for the first time
 */
export function portableWatch<Told>(
  { run }: Pick<PortableTools<never>, 'run'>,
  watch: Watch<Told>,
  usual: number,
  end?: () => void,
): Watch<Told> {
  let closed = false;
  return {
    next(wait) {
      const most = Math.min(wait, longestWait);
      return run(
        'watch',
        'reads',
        () => {
          if (closed) throw new CapabilityError('cancelled', 'the watch is closed. Begin another one');
          if (!(wait >= 0))
            throw new CapabilityError('invalid-argument', `a wait of ${wait} ms. It is 0 or above`);
        },
        () => watch.next(most),
        most + usual,
      );
    },
    close() {
      if (closed) return;
      closed = true;
      watch.close();
      end?.();
    },
  };
}
