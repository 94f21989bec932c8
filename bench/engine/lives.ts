import { compile } from '@spiderlightning/component';
import type { Component, Instance } from '@spiderlightning/component';
import { assemble } from '../../test/guests/wat.ts';

/** A guest that asks its host once in a call, with text to and fro. */
const WAITER = `(component
  (import "ask" (func $ask (param "what" string) (result string)))
  (core module $Libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $Libc))
  (core func $ask' (canon lower (func $ask)
    (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $M
    (import "libc" "memory" (memory 1))
    (import "h" "ask" (func $ask (param i32 i32 i32)))
    (data (i32.const 16) "question")
    (func (export "run") (result i32)
      (call $ask (i32.const 16) (i32.const 8) (i32.const 64))
      (i32.load (i32.const 68))))
  (core instance $m (instantiate $M
    (with "libc" (instance $libc)) (with "h" (instance (export "ask" (func $ask'))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))`;

let compiled: Promise<Component> | undefined;
const waiter = (): Promise<Component> => (compiled ??= assemble(WAITER).then((bytes) => compile(bytes)));

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Calls on one instance, every other one of which waits. */
export async function keepCalling(count: number): Promise<void> {
  let calls = 0;
  const instance = await (
    await waiter()
  ).instantiate({
    ask: (what: string) => (calls++ % 2 === 0 ? what : Promise.resolve(what)),
  });
  const run = instance.bind('run');
  for (let call = 0; call < count; call++) {
    await run([], { deadline: 10_000, cpu: 10_000 });
    if (call % 1_000 === 0) await turn();
  }
  if (calls !== count) throw new Error(`${calls} of ${count} calls arrived`);
  instance.dispose();
}

/** Instances that are made, called once and dropped, half of them without a word. */
export async function come(count: number): Promise<void> {
  const component = await waiter();
  for (let life = 0; life < count; life++) {
    const instance = await component.instantiate({ ask: (what: string) => Promise.resolve(what) });
    await instance.call('run', []);
    if (life % 2 === 0) instance.dispose();
    // V8 collects memories only between turns.
    if (life % 100 === 0) await turn();
  }
}

/** Calls that wait for promises which never settle, and are given up: by signal, deadline or dispose. */
export async function cancel(count: number): Promise<void> {
  const component = await waiter();
  let ended = 0;
  const giveUp = async (how: number): Promise<void> => {
    const instance = await component.instantiate({ ask: () => new Promise(() => undefined) });
    const given = new AbortController();
    const options = how === 0 ? { signal: given.signal } : how === 1 ? { deadline: 1 } : {};
    const call = instance.call('run', [], options);
    if (how === 0) given.abort();
    if (how === 2) instance.dispose();
    await call.catch(() => ended++);
  };
  for (let done = 0; done < count; done += 30) {
    const group = Math.min(30, count - done);
    await Promise.all(Array.from({ length: group }, (_, index) => giveUp(index % 3)));
    await turn();
  }
  if (ended !== count) throw new Error(`${ended} of ${count} calls ended`);
}

/** Calls that wait at the same time, 50 of them. */
export async function overlap(count: number): Promise<void> {
  const component = await waiter();
  const ask = async (what: string): Promise<string> => {
    await turn();
    return what;
  };
  const make = (): Promise<Instance> => component.instantiate({ ask });
  const instances = await Promise.all(Array.from({ length: 50 }, make));
  const runs = instances.map((instance) => instance.bind('run'));
  for (let done = 0; done < count; done += runs.length) await Promise.all(runs.map((run) => run([])));
  for (const instance of instances) instance.dispose();
}
