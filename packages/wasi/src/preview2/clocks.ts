import type { HostImports } from '@spiderlightning/component';
import { MONOTONIC_RESOLUTION, readMonotonic, readWall, type Timers } from '../system/clock.ts';
import { VERSION } from './version.ts';

/** wasi:clocks. The time zone is UTC: where the host stands is not the guest's business. */
export function bindClocks(timers: Timers): HostImports {
  return {
    [`wasi:clocks/monotonic-clock@${VERSION}`]: {
      now: () => readMonotonic(),
      resolution: () => MONOTONIC_RESOLUTION,
      'subscribe-instant': (when: bigint) => timers.at(when),
      'subscribe-duration': (duration: bigint) => timers.at(readMonotonic() + duration),
    },
    [`wasi:clocks/wall-clock@${VERSION}`]: {
      now: () => {
        const now = readWall();
        const seconds = Math.floor(now / 1000);
        return { seconds: BigInt(seconds), nanoseconds: (now - seconds * 1000) * 1_000_000 };
      },
      resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
    },
    [`wasi:clocks/timezone@${VERSION}`]: {
      display: () => ({ utcOffset: 0, name: 'UTC', inDaylightSavingTime: false }),
      'utc-offset': () => 0,
    },
  };
}
