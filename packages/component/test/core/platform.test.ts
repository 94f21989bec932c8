import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';

import { ASLEEP, FLAG, SLICE } from '../../src/core/watchdog.ts';
import { createBrowserPlatform } from '../../src/platform/browser.ts';
import { createNodePlatform } from '../../src/platform/node.ts';

suite('the platform', () => {
  test('of Node gives other work its turn', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('immediate'));
    await createNodePlatform().turn();
    order.push('turn');
    assert.deepEqual(order, ['immediate', 'turn']);
  });

  test('of Node tells the CPU time of short times, too', () => {
    const { threadCpuUsage } = process;
    const { now, cpu } = createNodePlatform();
    const nobody = new Int32Array(new SharedArrayBuffer(4));
    const sleep = () => Atomics.wait(nobody, 0, 0, 1);
    sleep();
    const before = threadCpuUsage();
    let sum = 0;
    for (let round = 0; round < 100; round++) {
      const start = cpu();
      for (const end = now() + 1; now() < end;);
      sum += cpu() - start;
      sleep();
    }
    // Behind a sleep it is exact.
    const { user, system } = threadCpuUsage(before);
    const all = (user + system) / 1000;
    assert.ok(sum > all * 0.7, `${sum} ms of ${all}`);
  });

  test('of Node sets the flag for a slice that lasts', async () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    createNodePlatform().startWatchdog(words);
    Atomics.store(words, SLICE, 1);
    // Nothing but the watchdog can end these, and this thread does nothing for it.
    const doze = () => Atomics.wait(words, 8, 0, 1);
    while (Atomics.load(words, FLAG) === 0) doze();
    // It sleeps once nobody has begun a slice for long, and wakes for the next one.
    while (Atomics.load(words, ASLEEP) === 0) doze();
    Atomics.store(words, FLAG, 0);
    Atomics.store(words, SLICE, 2);
    Atomics.notify(words, SLICE);
    while (Atomics.load(words, FLAG) === 0) doze();
  });

  test('of browsers sends the watchdog what it runs, and waits until it runs', async (context) => {
    const sent: unknown[] = [];
    const made: string[] = [];
    let tell: (() => void) | undefined;
    const fakes: Record<string, unknown> = {
      crossOriginIsolated: true,
      Blob: function Blob(parts: readonly string[]) {
        made.push(parts.join(''));
      },
      URL: { createObjectURL: () => 'blob:watchdog', revokeObjectURL: () => {} },
      Worker: class {
        postMessage(message: unknown) {
          sent.push(message);
        }
        addEventListener(type: string, listener: () => void) {
          if (type === 'message') tell = listener;
        }
      },
    };
    for (const [name, fake] of Object.entries(fakes)) {
      const own = Object.getOwnPropertyDescriptor(globalThis, name);
      Object.defineProperty(globalThis, name, { value: fake, configurable: true });
      context.after(() => {
        if (own) Object.defineProperty(globalThis, name, own);
        else Reflect.deleteProperty(globalThis, name);
      });
    }
    const words = new Int32Array(new SharedArrayBuffer(64));
    let running = false;
    const started = createBrowserPlatform()
      .startWatchdog(words)
      .then(() => (running = true));
    assert.deepEqual(sent, [words]);
    assert.equal(typeof runInNewContext(made[0]!), 'function');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(running, false);
    tell!();
    assert.equal(await started, true);
  });
});
