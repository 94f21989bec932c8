import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { assemble } from '../../../../test/guests/wat.ts';
import { rewriteModule } from '../../src/core/rewrite.ts';
import { Restorer, takeSnapshot } from '../../src/core/snapshot.ts';
import { FLAG } from '../../src/core/watchdog.ts';
import { trapFromGuest } from '../../src/runtime/trap.ts';
import { createRandom } from '../fuzz/random.ts';
import type { Random } from '../fuzz/random.ts';
import { FUEL, generateModule } from './generate.ts';
import type { Profile } from './generate-body.ts';
import { makeGuest } from './guest.ts';
import type { Guest } from './guest.ts';

const PROFILES: Readonly<Record<string, Profile>> = {
  plain: {},
  tables: { tables: true },
  'a second memory': { wide: true, tables: true },
  atomics: { atomics: true },
  objects: { objects: true, tables: true },
};
/** Modules of each kind; with `RANDOM_MODULES` in the environment more. */
const MODULES = Number(process.env['RANDOM_MODULES'] ?? 40);
const CALLS = 6;
const PAGE = 65_536;

/** What a call gave, in a form in which all NaNs are the same, and what it left behind. */
function outcomeOf(exports: Record<string, any>, call: () => unknown): unknown {
  exports['fuel'].value = FUEL;
  let result: unknown;
  try {
    result = String(call());
  } catch (error) {
    const { trap, message } = trapFromGuest(error);
    result = [trap, message];
  }
  const { g0, g1, fuel, memory } = exports;
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  const content = createHash('md5').update(bytes).digest('hex');
  return { result, globals: [g0.value, g1.value, fuel.value], size: bytes.length, content };
}

async function run(guest: Guest, names: readonly string[], random: Random): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (const name of names) {
    // A look at the flag goes through to the host now and then.
    if (random.oneIn(2)) Atomics.store(guest.limits.thread.words, FLAG, 1);
    outcomes.push(outcomeOf(guest.exports, () => guest.callSync(name)));
  }
  return outcomes;
}

for (const [kind, profile] of Object.entries(PROFILES))
  test(`random modules do the same before and after the rewriting: ${kind}`, async (t) => {
    const first = Date.now() % 2 ** 31;
    const ends = new Map<string, number>();
    let restored = 0;
    for (let seed = first; seed < first + MODULES; seed++) {
      const random = createRandom(seed);
      const wat = generateModule(random, profile);
      const bytes = await assemble(wat);
      assert.ok(
        WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>),
        `the generator wrote nonsense from seed ${seed}`,
      );
      const names = Array.from({ length: CALLS }, () => `f${random.below(3)}`);
      const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
      const { exports } = new WebAssembly.Instance(module);
      const expected = names.map((name) => outcomeOf(exports, exports[name] as () => unknown));
      for (const { result } of expected as { result: string | [string] }[]) {
        const end = typeof result === 'string' ? 'returned' : result[0];
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
      for (const noteStores of [false, true]) {
        const guest = await makeGuest(bytes, { noteStores });
        const what = `module from seed ${seed}, kind ${kind}${noteStores ? ', stores noted' : ''}`;
        const shape = rewriteModule(bytes, noteStores)!.shape;
        const snapshot = shape.lasting === undefined ? takeSnapshot(guest.limits) : undefined;
        const restorer = snapshot && new Restorer(snapshot, guest.limits, shape.noted);
        assert.deepEqual(await run(guest, names, random), expected, what);
        // Beyond the size that it has again, a memory that has grown does not trap.
        if (restorer === undefined || guest.exports['memory'].buffer.byteLength > PAGE) continue;
        restored++;
        assert.ok(restorer.restore());
        assert.deepEqual(await run(guest, names, random), expected, `${what}, put back`);
      }
    }
    t.diagnostic(
      `${MODULES} modules from seed ${first}: ${JSON.stringify(Object.fromEntries(ends))}, ${restored} put back`,
    );
    assert.ok((ends.get('returned') ?? 0) > MODULES, 'too few calls return');
  });
