/**
 * Runs before the app. The build freezes QuickJS's generator with the rest of its memory, so that every instance would
 * draw the same numbers: here `Math.random` gets numbers of the host's from the first request on.
 */
import { nextRandom } from './platform/random.ts';
import { isServing } from './phase.ts';

// Lines of the SDK, of which a stack has up to ten, are left out when it is printed.
Error.stackTraceLimit = 30;

const frozen = Math.random;

Math.random = function random(): number {
  return isServing() ? nextRandom() : frozen();
};
