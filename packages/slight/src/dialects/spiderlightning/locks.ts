import type { HostInterface } from '@spiderlightning/component';
import type { MaybePromise } from '../../capabilities/core/backend.ts';
import type { Opener } from '../../capabilities/core/capability.ts';
import type { Locks } from '../../capabilities/locks/contract.ts';
import { holdLock, type Lease } from '../../capabilities/locks/hold.ts';
import { answer, nothing, ok } from './result.ts';

/** What stands for a guest's handle of locks. */
interface Opened {
  readonly locks: Locks;
  /** What was acquired through it. */
  readonly leases: Set<Lease>;
  /** Gives up a wait, when the guest is gone. */
  readonly gone: AbortController;
}

/**
 * `spiderlightning:cloud/locks`. A lease is renewed here while the guest has it. It ends with the handle of the locks, too: a
 * guest that was ended while it waited gets no handle of a lease that comes later.
 */
export function locksInterface(opener: Opener<Locks>): HostInterface {
  const wrap = (locks: Locks): Opened => ({ locks, leases: new Set(), gone: new AbortController() });
  return {
    '[static]locks.open': (name: string) =>
      answer(
        () => opener.open(name),
        (locks) => ok(wrap(locks)),
      ),
    '[method]locks.acquire': ({ locks, leases, gone }: Opened, name: string, ttl: bigint, wait: bigint) =>
      answer(
        () => holdLock(locks, name, Number(ttl), Number(wait), gone.signal),
        (lease) => {
          if (gone.signal.aborted) void lease?.drop();
          else if (lease !== undefined) leases.add(lease);
          return ok(lease);
        },
      ),
    '[drop]locks': ({ leases, gone }: Opened) => {
      gone.abort();
      return dropAll([...leases]);
    },
    '[method]lease.name': (lease: Lease) => lease.name,
    '[method]lease.token': (lease: Lease) => lease.token.toString(),
    '[method]lease.expires': (lease: Lease) => BigInt(Math.floor(lease.expires)),
    '[method]lease.lost': (lease: Lease) => lease.lost.aborted,
    '[method]lease.renew': (lease: Lease) => answer(() => lease.renew(), nothing),
    '[method]lease.release': (lease: Lease) => answer(() => lease.release(), nothing),
    '[drop]lease': (lease: Lease) => lease.drop(),
  };
}

function dropAll(leases: readonly Lease[]): MaybePromise<void> {
  const pending = leases.map((lease) => lease.drop()).filter((each) => each instanceof Promise);
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
}
