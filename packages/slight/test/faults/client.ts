/**
 * A process of its own whose clients work on a few keys, whatever fails, until its input ends. Arguments: bind, timeout, clients. A
 * line of input is the round: the keys that are worked on begin so. It says each attempt, and what its watch has heard of
 * keys that begin with `told`.
 */
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { attempt, say } from './record.ts';

const [bind = '', timeout = '0', clients = '0'] = process.argv.slice(2);
const store = await openCapability(
  'keyvalue',
  { name: 'faults', bind, config: {} },
  { dataDir: tmpdir(), timeout: Number(timeout) },
);
let round = '';
let over = false;
const input = createInterface(process.stdin);
input.on('line', (line) => (round = line));
input.on('close', () => (over = true));

const read = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();
/** Milliseconds between two attempts of one client. */
const pause = 20;
let written = 0;

async function act(): Promise<void> {
  const key = `${round}-register${Math.floor(Math.random() * 2)}`;
  // No value is written twice.
  const value = `${process.pid}.${++written}`;
  const draw = Math.random();
  if (draw < 0.25)
    return void (await attempt(
      'get',
      () => store.get(key),
      (found) => ({
        key,
        action: { kind: 'get', value: read(found) },
      }),
    ));
  if (draw < 0.45)
    return void (await attempt(
      'set',
      () => store.set(key, Buffer.from(value)),
      () => ({
        key,
        action: { kind: 'set', value },
      }),
    ));
  if (draw < 0.6) {
    const count = `${round}-count`;
    return void (await attempt(
      'increment',
      () => store.increment(count, 1n),
      (sum) => ({
        key: count,
        action: { kind: 'add', delta: 1, sum: sum === undefined ? undefined : Number(sum) },
      }),
    ));
  }
  let answered = false;
  const found = await attempt(
    'get-versioned',
    async () => {
      const before = await store.getVersioned(key);
      answered = true;
      return before;
    },
    (before) => ({ key, action: { kind: 'get', value: read(before?.value) } }),
  );
  if (!answered) return;
  await attempt(
    'compare-and-swap',
    () => store.compareAndSwap(key, found?.version, Buffer.from(value)),
    (result) => ({
      key,
      action: { kind: 'swap', from: read(found?.value), value, swapped: result?.swapped },
    }),
  );
}

async function work(): Promise<void> {
  while (!over) {
    if (round !== '') await act();
    await sleep(Math.random() * 2 * pause);
  }
}

async function hear(): Promise<void> {
  while (!over) {
    try {
      const { changes, resync } = await watch.next(500);
      for (const { key } of changes) say({ heard: key });
      if (resync) say({ heard: 'all' });
    } catch (error) {
      // It may need the server to say what happened, and says it when that is back.
      if (!(error instanceof CapabilityError)) throw error;
      await sleep(pause);
    }
  }
  watch.close();
}

const watch = await store.watch({ prefix: 'told' });
const hearing = hear();
say({ heard: 'nothing' });
await Promise.all([...Array.from({ length: Number(clients) }, work), hearing]);
await store.close();
