import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Component, HostImports, HostInterface, Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { withoutSlightfile } from '../../slightfile/absent.ts';
import type { Bindings } from '../bind.ts';
import { openGuests } from './guests.ts';
import type { Guest, Guests } from './guests.ts';
import { createLog } from '../log/log.ts';

const bindings: Bindings = {
  openers: {},
  outgoing: undefined,
  rows: [],
  failures: () => [],
  probes: () => [],
  close: async () => undefined,
};

interface Fake {
  readonly guests: Guests;
  readonly seen: { restorable?: boolean; dropFirst?: readonly string[] };
  readonly lines: () => string;
  /** A function that the guest imports. */
  imported(from: string, name: string): (...args: unknown[]) => unknown;
}

/** Guests that take so many milliseconds to be made. */
function openFake(
  reuse: 'clean' | 'keep',
  cost: number,
  instance: Partial<Instance> = { restore: () => true, alive: true },
): Fake {
  let imports: HostImports = {};
  let text = '';
  const seen: Fake['seen'] = {};
  const component: Component = {
    imports: [{ kind: 'instance', name: 'wasi:cli/stdout@0.2.0', functions: [] }],
    exports: [],
    inspect: () => ({ imports: [], exports: [] }),
    async instantiate(given, options) {
      imports = given;
      Object.assign(seen, options);
      for (const end = performance.now() + cost; performance.now() < end;);
      return {
        unrestorable: undefined,
        dispose: () => undefined,
        held: () => new Map(),
        ...instance,
      } as Instance;
    },
  };
  const base = withoutSlightfile('/app/app.wasm');
  const log = createLog({ write: (line) => void (text += line), terminal: false });
  const file = { ...base, app: { ...base.app, reuse } };
  const system = wasiImports();
  const guests = openGuests(component, file, bindings, log, Object.keys(system));
  return {
    guests,
    seen,
    lines: () => {
      log.flush();
      return text;
    },
    imported: (from, name) => (imports[from] as HostInterface)[name]!,
  };
}

function print(fake: Fake, text: string): void {
  const stream = fake.imported('wasi:cli/stdout@0.2.12', 'get-stdout')();
  const write = fake.imported('wasi:io/streams@0.2.12', '[method]output-stream.blocking-write-and-flush');
  write(stream, new TextEncoder().encode(text));
}

function serving(guest: Guest, id: string): Guest {
  guest.context.id = id;
  return guest;
}

test('clean: a guest is put back', async () => {
  let restored = 0;
  const { guests, seen } = openFake('clean', 2, { restore: () => ++restored > 0 });
  const guest = await guests.create();
  assert.equal(seen.restorable, true);
  assert.deepEqual(seen.dropFirst, ['transaction', 'lease', 'subscription']);
  assert.equal(guests.recycle(guest), true);
  assert.equal(restored, 1);
});

test('clean: a guest that costs next to nothing is made anew', async () => {
  const { guests } = openFake('clean', 0, { restore: () => assert.fail('restored') });
  // The cheapest one counts: any single one may have been held up.
  for (let made = 0; made < 50; made++) await guests.create();
  assert.equal(guests.recycle(await guests.create()), false);
});

test('clean: a guest that cannot be put back is made anew', async () => {
  const never = openFake('clean', 2, { unrestorable: 'why', restore: () => assert.fail('restored') });
  assert.equal(never.guests.recycle(await never.guests.create()), false);
  const grown = openFake('clean', 2, { restore: () => false });
  assert.equal(grown.guests.recycle(await grown.guests.create()), false);
});

test('clean: what takes its time to end is waited for, and not for ever', async (t) => {
  const { guests } = openFake('clean', 2, { restore: async () => true });
  assert.equal(await guests.recycle(await guests.create()), true);
  const hanging = openFake('clean', 2, { restore: () => new Promise(() => undefined) });
  const guest = await hanging.guests.create();
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const recycled = hanging.guests.recycle(guest);
  t.mock.timers.tick(5_000);
  assert.equal(await recycled, false);
});

test('clean: what the host keeps of a request goes with it', async () => {
  const fake = openFake('clean', 2);
  const guest = serving(await fake.guests.create(), 'first');
  const seed = () => fake.imported('wasi:random/insecure-seed@0.2.12', 'insecure-seed')();
  const before = seed();
  for (let line = 0; line < 2_000; line++) print(fake, 'many lines\n');
  assert.equal(fake.guests.recycle(guest), true);
  assert.deepEqual([guest.context.id, guest.context.lines], [undefined, 0]);
  serving(guest, 'second');
  print(fake, 'half ');
  assert.equal(fake.guests.recycle(guest), true);
  serving(guest, 'third');
  print(fake, 'whole\n');
  assert.match(fake.lines(), /\[second\] half\s*\n/);
  assert.match(fake.lines(), /\[third\] whole\n/);
  assert.notDeepEqual(seed(), before);
});

test('keep: a guest goes on as it is, until it traps', async () => {
  const instance = { alive: true, restore: () => assert.fail('restored') };
  const fake = openFake('keep', 2, instance);
  const guest = serving(await fake.guests.create(), 'first');
  assert.equal(fake.seen.restorable, false);
  print(fake, 'half ');
  assert.equal(fake.guests.recycle(guest), true);
  assert.equal(guest.context.id, undefined);
  serving(guest, 'second');
  print(fake, 'a line\n');
  assert.match(fake.lines(), /\[second\] half a line\n/);
  const trapped = openFake('keep', 2, { alive: false });
  assert.equal(trapped.guests.recycle(await trapped.guests.create()), false);
});

test('keep: what requests leave open is told once for each kind, and ends with its instance where it is too much', async () => {
  const held = new Map<string, number>();
  const fake = openFake('keep', 2, { alive: true, held: () => held });
  const guest = await fake.guests.create();
  const leave = (kind: string, count: number) => {
    held.set(kind, count);
    return fake.guests.recycle(serving(guest, `leaves ${kind} ${count}`));
  };
  assert.equal(leave('store', 1_000), true);
  assert.equal(leave('watch', 1), true);
  assert.equal(fake.lines(), '');
  assert.equal(leave('lease', 1), true);
  assert.equal(leave('lease', 200), true);
  assert.equal(leave('transaction', 1), true);
  const told = fake.lines().match(/a request has left .*/g);
  assert.deepEqual(
    told?.map((line) => /left (.*), open\./.exec(line)?.[1]),
    ['the lease of a lock, which is renewed meanwhile', 'a transaction'],
  );
  assert.equal(leave('watch', 55), true);
  assert.equal(leave('watch', 56), false);
  assert.match(fake.lines(), /257 things open .*\(watch: 56, lease: 200, transaction: 1\), of 256 at most/);
});
