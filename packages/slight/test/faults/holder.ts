/**
 * A process of its own that holds the lock `job` again and again, whatever fails, until its input ends, and appends to a value
 * of the same server meanwhile, under the lock's token. Arguments: bind, timeout, ttl. It says each attempt and each event.
 */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { holdLock, type Lease } from '../../src/capabilities/locks/hold.ts';
import type { HolderLine } from '../locks/holdings.ts';
import { attempt, say } from './record.ts';

const [bind = '', timeout = '0', ttl = '0'] = process.argv.slice(2);
const around = { dataDir: tmpdir(), timeout: Number(timeout) };
const place = { name: 'faults', bind, config: {} };
const locks = await openCapability('locks', place, around);
const store = await openCapability('keyvalue', place, around);
/** Milliseconds to wait for the lock. */
const wait = 1_000;
let over = false;
process.stdin.resume().on('end', () => (over = true));

const tell = (event: HolderLine['event'], lease: Lease, more: object = {}): void =>
  say({ event, token: String(lease.token), at: Date.now(), expires: lease.expires, ...more });

/** A write that is refused is an answer: another one came in between, or a holder after this one. */
async function orRefused<T>(work: () => Promise<T> | T): Promise<T | 'refused'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CapabilityError && error.code === 'precondition-failed') return 'refused';
    throw error;
  }
}

let writes = 0;

/** @param left how many will follow */
async function append(lease: Lease, left: number): Promise<void> {
  const token = String(lease.token);
  const text = `${token} ${process.pid} ${++writes}`;
  let answered = false;
  const found = await attempt(
    'get-versioned',
    async () => {
      const before = await store.getVersioned('list');
      answered = true;
      return before;
    },
    () => ({}),
  );
  if (!answered) return;
  const value = Buffer.from(`${found === undefined ? '' : Buffer.from(found.value).toString()}${text}\n`);
  const how = { fence: { lock: lease.name, token } };
  const result = await attempt(
    'compare-and-swap',
    () => orRefused(() => store.compareAndSwap('list', found?.version, value, how)),
    () => ({ text }),
  );
  if (result === undefined) return;
  if (result === 'refused') tell('refused', lease);
  else if (result.swapped) tell('wrote', lease, { text, left });
}

while (!over) {
  const lease = await attempt(
    'acquire',
    () => holdLock(locks, 'job', Number(ttl), wait),
    () => ({}),
  );
  if (lease === undefined) {
    await sleep(20);
    continue;
  }
  let left = 1 + Math.floor(Math.random() * 4);
  tell('held', lease, { left });
  // It does not look whether it still has the lock: to find that out is what the token is for.
  while (left-- > 0) {
    await append(lease, left);
    await sleep(Math.random() * 30);
  }
  const before = Date.now();
  const released = await attempt(
    'release',
    async () => (await orRefused(() => lease.release())) ?? 'released',
    () => ({}),
  );
  if (released === 'released') tell('released', lease, { before });
  else tell('lost', lease);
  await sleep(Math.random() * 20);
}
await locks.close();
await store.close();
