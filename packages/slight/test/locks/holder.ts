/**
 * A process of its own that holds the lock `job`, and says what happens in lines of JSON. Arguments: what to do, the bind of the
 * locks, data folder, and how often or for how long.
 *
 * - `work`: again and again until it is killed; appends its token to a value, with a fence.
 * - `turns`: so many times. What it waits for is rung by others, and nothing else wakes it.
 * - `pause`: once; after a line of input it tries what only the holder may.
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import { openCapability, type BindText } from '../../src/capabilities/core/open.ts';
import { holdLock, type Lease } from '../../src/capabilities/locks/hold.ts';

const [mode = '', bind = '', dataDir = '', amount = '0'] = process.argv.slice(2);
// Looks that nobody rang for would hide a ring that is lost.
if (mode === 'turns') globalThis.setInterval = (() => ({ unref: () => undefined })) as never;

const find = () => ({ name: 'kept', bind: 'sqlite', config: {} });
const around = { dataDir, timeout: 10_000, find };
const config: BindText['config'] = bind === 'keyvalue' ? { store: 'kept' } : {};
const locks = await openCapability('locks', { name: 'jobs', bind, config }, around);
const store = await openCapability('keyvalue', { name: 'log', bind: 'sqlite', config: {} }, around);
const say = (event: string, lease: Lease, more: object = {}): void =>
  void writeSync(
    1,
    `${JSON.stringify({ event, token: String(lease.token), at: Date.now(), expires: lease.expires, ...more })}\n`,
  );
const codeOf = (error: unknown): string => {
  if (error instanceof CapabilityError) return error.code;
  throw error;
};

/** Adds the token to the list of those that wrote. @returns false where another holder came in between */
async function append(lease: Lease): Promise<boolean> {
  const token = String(lease.token);
  for (;;) {
    const found = await store.getVersioned('list');
    const value = Buffer.from(`${found === undefined ? '' : Buffer.from(found.value).toString()}${token}\n`);
    const fence = { lock: lease.name, token };
    try {
      const { swapped } = await store.compareAndSwap('list', found?.version, value, { fence });
      if (swapped) return true;
    } catch (error) {
      if (codeOf(error) === 'precondition-failed') return false;
      throw error;
    }
  }
}

async function work(ttl: number): Promise<never> {
  for (;;) {
    const lease = await holdLock(locks, 'job', ttl, 60_000);
    if (lease === undefined) continue;
    say('held', lease);
    for (let writes = Math.random() * 4; writes > 0; writes--) {
      say((await append(lease)) ? 'wrote' : 'refused', lease);
      await sleep(Math.random() * 10);
    }
    const before = Date.now();
    try {
      await lease.release();
      say('released', lease, { before });
    } catch (error) {
      say('lost', lease, { code: codeOf(error) });
    }
  }
}

async function takeTurns(times: number): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    const lease = await holdLock(locks, 'job', 600_000, 60_000);
    say('held', lease!);
    await lease!.release();
  }
}

async function pause(ttl: number): Promise<void> {
  const lease = (await holdLock(locks, 'job', ttl, 0))!;
  const wrote = await append(lease);
  say('held', lease, { wrote });
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const { name, token } = lease;
  const outcome = async (call: () => unknown) => {
    try {
      await call();
      return 'done';
    } catch (error) {
      return codeOf(error);
    }
  };
  say('woke', lease, {
    wrote: await append(lease),
    released: await outcome(() => locks.release(name, token)),
    renewed: await outcome(() => locks.renew(name, token, ttl)),
    let: await outcome(() => lease.release()),
    lost: lease.lost.aborted,
  });
}

if (mode === 'work') await work(Number(amount));
else if (mode === 'turns') await takeTurns(Number(amount));
else await pause(Number(amount));
await locks.close();
await store.close();
process.stdin.destroy();
