import type { Component, HostImports, Instance } from '@spiderlightning/component';
import type { Random } from '../../../component/test/fuzz/random.ts';
import { WAIT } from './guest.ts';

/** One instance, what the host knows of it, and what it must be like. */
export interface Walker {
  readonly instance: Instance;
  /** The host's resources that are open. */
  readonly things: Set<object>;
  /** Calls that have counted, and resources that are held, since its beginning. */
  count: number;
  held: number;
  /** Whether nobody can say what it is like: a call was given up on the way. */
  trapped: boolean;
}

const MEMORY = 32 * 65_536;

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * @param slowly whether the host takes its time when a resource is dropped
 * @param other an instance that the host calls for this one
 */
export async function makeWalker(
  component: Component,
  random: Random,
  slowly: boolean,
  other?: Instance,
): Promise<Walker> {
  const things = new Set<object>();
  const imports: HostImports = {
    wait: (how: number) => answer(how),
    'test:host/things@1.0.0': {
      open() {
        const thing = {};
        things.add(thing);
        return thing;
      },
      '[method]thing.use': (thing: object, how: number) => {
        if (!things.has(thing)) throw new Error('the resource is not open');
        return answer(how);
      },
      '[drop]thing': (thing: object) => {
        if (!things.delete(thing)) throw new Error('the resource is not open');
        return slowly ? turn() : undefined;
      },
    },
  };
  const instance = await component.instantiate(imports, {
    memory: MEMORY,
    restorable: true,
    queue: other ? 4 : 1_000,
  });

  function answer(how: number): unknown {
    switch (how) {
      case WAIT.atOnce:
        return 1;
      case WAIT.later:
        return turn().then(() => 1);
      case WAIT.timer:
        return sleep(random.below(4)).then(() => 1);
      case WAIT.never:
        return new Promise(() => undefined);
      case WAIT.throws:
        throw new Error('the host fails');
      case WAIT.rejects:
        return turn().then(() => Promise.reject(new Error('the host fails later')));
      case WAIT.enters:
        instance.callSync('pages', []);
        return 1;
      case WAIT.other:
        return other?.call('wait', [random.pick([WAIT.atOnce, WAIT.later])]);
      default:
        instance.dispose();
        return random.oneIn(2) ? 1 : turn().then(() => 1);
    }
  }

  return { instance, things, count: 0, held: 0, trapped: false };
}
