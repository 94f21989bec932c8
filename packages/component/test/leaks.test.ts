import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileText, pause } from './fixture.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Every linear memory that is made: the largest part of an instance, and the last to go. */
const memories: WeakRef<object>[] = [];
Object.assign(WebAssembly, {
  Memory: new Proxy(WebAssembly.Memory, {
    construct(target, args) {
      const memory = Reflect.construct(target, args) as object;
      memories.push(new WeakRef(memory));
      return memory;
    },
  }),
});

const component = await compileText(`
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $M
    (import "h" "wait" (func $wait))
    (memory 16)
    (func (export "run") (call $wait)))
  (core instance $m (instantiate $M (with "h" (instance (export "wait" (func $wait'))))))
  (func (export "run") (canon lift (core func $m "run")))`);

/** Gives up a call that waits, in one of several ways. @returns what must be collected */
async function giveUp(wait: () => unknown, how: number): Promise<WeakRef<object>> {
  const instance = await component.instantiate({ wait });
  const given = new AbortController();
  const call = instance.call(
    'run',
    [],
    how === 0 ? { deadline: 5 } : how === 1 ? { signal: given.signal } : {},
  );
  given.abort();
  if (how === 2) instance.dispose();
  await assert.rejects(call, (error: any) => ['deadline', 'cancelled'].includes(error.trap));
  return new WeakRef(instance);
}

async function comeAndGo(wait: () => unknown, dispose: boolean): Promise<WeakRef<object>> {
  const instance = await component.instantiate({ wait });
  await instance.call('run', []);
  if (dispose) instance.dispose();
  return new WeakRef(instance);
}

/** Of the flag that all guests share there is one memory more, which stays. */
async function countLeft(instances: readonly WeakRef<object>[]): Promise<number> {
  const references = [...instances, ...memories.slice(-instances.length)];
  let left = references.length;
  for (let round = 0; round < 20 && left > 0; round++) {
    await pause(0);
    collect();
    left = references.filter((reference) => reference.deref() !== undefined).length;
  }
  return left;
}

test('of calls that were given up nothing stays, where the host forgets its promise', async () => {
  const references: WeakRef<object>[] = [];
  for (let round = 0; round < 30; round++) {
    references.push(await giveUp(() => new Promise(() => {}), round % 3));
  }
  assert.equal(await countLeft(references), 0);
});

test('of calls that were given up nothing stays, where the host keeps its promise', async () => {
  const kept: Promise<void>[] = [];
  const references: WeakRef<object>[] = [];
  const wait = (): Promise<void> => {
    const promise = new Promise<void>(() => {});
    kept.push(promise);
    return promise;
  };
  for (let round = 0; round < 30; round++) references.push(await giveUp(wait, round % 3));
  assert.equal(await countLeft(references), 0);
  assert.equal(kept.length, 30);
});

test('many instances come and go', async () => {
  const references: WeakRef<object>[] = [];
  for (let round = 0; round < 300; round++) {
    references.push(await comeAndGo(round % 2 === 0 ? () => {} : () => pause(undefined), round % 3 === 0));
  }
  assert.equal(await countLeft(references), 0);
});
