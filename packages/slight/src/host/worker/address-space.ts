import { readWear } from '@spiderlightning/component';
import type { Wear } from '@spiderlightning/component';

/** Milliseconds between two times that a worker tells of the same. */
const quiet = 60_000;

/**
 * Looks every few seconds whether this process is worn, and tells once in a minute why it is. At 10,000 overlapping calls
 * in a second that takes hours, so there is time for a replacement.
 *
 * @param instances most instances at the same time
 * @param look for tests
 * @returns what ends the watch
 */
export function watchWear(
  instances: number,
  onWorn: (reason: string) => void,
  interval = 5_000,
  look: (instances: number) => Pick<Wear, 'worn'> = readWear,
): () => void {
  let quietUntil = 0;
  const timer = setInterval(() => {
    const { worn } = look(instances);
    if (worn === undefined || performance.now() < quietUntil) return;
    quietUntil = performance.now() + quiet;
    onWorn(worn);
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
