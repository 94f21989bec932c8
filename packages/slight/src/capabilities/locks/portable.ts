import type { MaybePromise } from '../core/backend.ts';
import { portableTools, type PortableOptions } from '../core/portable.ts';
import type { Grant, Locks, LocksFeature } from './contract.ts';
import { sweepOldest } from './sweep.ts';
import { checkName, checkTtl, checkWait, givenUp } from './validate.ts';

/** Milliseconds. Whoever asks for more is answered early. */
const longestWait = 60_000;

interface Held extends Grant {
  readonly name: string;
}

/**
 * What all locks need alike, round one backend: checks and deadlines; a grant that comes when nobody waits for it any more is
 * given back, and so is whatever is held when the locks are closed.
 */
export function portableLocks(backend: Locks, options: PortableOptions<LocksFeature>): Locks {
  const { run, opened } = portableTools(backend, options);
  const held = new Map<bigint, Held>();
  const closing = new AbortController();

  function giveBack({ name, token }: Held): MaybePromise<void> {
    held.delete(token);
    try {
      const released = backend.release(name, token);
      // What cannot be given back ends with its ttl.
      return released instanceof Promise ? released.catch(() => undefined) : undefined;
    } catch {
      return undefined;
    }
  }

  function note(name: string, grant: Grant | undefined): Grant | undefined {
    if (grant === undefined) return undefined;
    held.set(grant.token, { ...grant, name });
    sweepOldest(held, ({ expires }) => expires <= Date.now());
    return grant;
  }

  function noteRenewal(name: string, grant: Grant): Grant {
    if (held.has(grant.token)) held.set(grant.token, { ...grant, name });
    return grant;
  }

  function acquire(
    name: string,
    ttl: number,
    wait: number,
    signal?: AbortSignal,
  ): MaybePromise<Grant | undefined> {
    const most = Math.min(wait, longestWait);
    // Whoever does not wait needs no signal that ends it, which costs more than all else here.
    const ends =
      signal === undefined || most === 0 ? closing.signal : AbortSignal.any([closing.signal, signal]);
    const ended = (): boolean => ends.aborted || signal?.aborted === true;
    let over = false;
    const receive = (grant: Grant | undefined): Grant | undefined => {
      if (grant === undefined || !(over || ended())) return note(name, grant);
      void giveBack({ ...grant, name });
      throw givenUp();
    };
    const answer = run(
      'acquire',
      'writes',
      () => {
        checkName(name);
        checkTtl(ttl);
        checkWait(wait);
        if (ended()) throw givenUp();
      },
      () => {
        const granted = backend.acquire(name, ttl, most, ends);
        return granted instanceof Promise ? granted.then(receive) : receive(granted);
      },
      most + options.timeout,
    );
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => {
      over = true;
      throw error;
    });
  }

  function closeAll(): MaybePromise<void> {
    closing.abort();
    const releasing = [...held.values()].map(giveBack).filter((each) => each instanceof Promise);
    return releasing.length === 0 ? opened.close() : Promise.all(releasing).then(() => opened.close());
  }

  return {
    acquire,
    renew: (name, token, ttl) =>
      run(
        'renew',
        // To renew twice does no harm, so it is repeated like what only reads.
        'reads',
        () => {
          checkName(name);
          checkTtl(ttl);
        },
        () => {
          const renewed = backend.renew(name, token, ttl);
          return renewed instanceof Promise
            ? renewed.then((grant) => noteRenewal(name, grant))
            : noteRenewal(name, renewed);
        },
      ),
    release: (name, token) =>
      run(
        'release',
        'writes',
        () => checkName(name),
        () => {
          held.delete(token);
          return backend.release(name, token);
        },
      ),
    ...opened,
    close: closeAll,
  };
}
