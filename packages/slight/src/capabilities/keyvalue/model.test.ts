import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { CapabilityError } from '../core/error.ts';
import { openCapability } from '../core/open.ts';
import type { KeyPage, KeyValue } from './contract.ts';
import { addDecimal } from './validate.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-model-'));
after(() => rmSync(dataDir, { recursive: true }));

const key = fc.oneof(
  fc.constantFrom('a', 'A', 'ab', 'b', '\0', '%', '{a}', '🌍', '\ufffd'),
  fc.string({ minLength: 1, maxLength: 6, unit: 'binary' }),
);
const value = fc.oneof(fc.constantFrom('0', '41', '-7', '9223372036854775807'), fc.string({ maxLength: 20 }));
const operation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value }),
  fc.record({ kind: fc.constant('create' as const), key, value }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('increment' as const), key, delta: fc.bigInt({ min: -9n, max: 9n }) }),
  fc.record({
    kind: fc.constantFrom('fenced set' as const, 'fenced delete' as const),
    key,
    lock: fc.constantFrom('one', 'two'),
    token: fc.constantFrom('0', '3', '9', '10', '18446744073709551615'),
  }),
  fc.record({
    kind: fc.constant('set many' as const),
    entries: fc.array(fc.record({ key, value }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constantFrom('get many' as const, 'delete many' as const),
    keys: fc.array(key, { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('list' as const), prefix: fc.oneof(fc.constant(''), key) }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** What an operation answers, or the code of its error. */
async function answerOf(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    assert.ok(error instanceof CapabilityError);
    return error.code;
  }
}

interface Model {
  readonly values: Map<string, string>;
  /** By lock and key. */
  readonly tokens: Map<string, string>;
}

/** The contract in its simplest form. */
function expected({ values: model, tokens }: Model, step: Operation): unknown {
  switch (step.kind) {
    case 'fenced set':
    case 'fenced delete': {
      const place = `${step.lock} ${step.key}`;
      if (BigInt(step.token) < BigInt(tokens.get(place) ?? 0)) return 'precondition-failed';
      tokens.set(place, step.token);
      const kind = step.kind.slice('fenced '.length) as 'set' | 'delete';
      return expected({ values: model, tokens }, { ...step, kind, value: '7' });
    }
    case 'set':
      return void model.set(step.key, step.value);
    case 'create':
      return model.has(step.key) ? 'already-exists' : void model.set(step.key, step.value);
    case 'delete':
      return void model.delete(step.key);
    case 'increment':
      return answerOf(() => {
        const before = model.get(step.key);
        const sum = addDecimal(before === undefined ? undefined : Buffer.from(before), step.delta);
        model.set(step.key, String(sum));
        return sum;
      });
    case 'set many':
      return step.entries.forEach((entry) => void model.set(entry.key, entry.value));
    case 'get many':
      return step.keys.map((each) => model.get(each));
    case 'delete many':
      return step.keys.forEach((each) => void model.delete(each));
    case 'list':
      return [...model.keys()]
        .filter((found) => found.startsWith(step.prefix))
        .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
}

async function actual(store: KeyValue, step: Operation): Promise<unknown> {
  switch (step.kind) {
    case 'fenced set':
      return answerOf(() => store.set(step.key, Buffer.from('7'), { fence: step }));
    case 'fenced delete':
      return answerOf(() => store.delete(step.key, { fence: step }));
    case 'set':
      return store.set(step.key, Buffer.from(step.value));
    case 'create':
      return answerOf(() => store.set(step.key, Buffer.from(step.value), { onlyIfAbsent: true }));
    case 'delete':
      return store.delete(step.key);
    case 'increment':
      return answerOf(() => store.increment(step.key, step.delta));
    case 'set many':
      return store.setMany(
        step.entries.map((entry) => ({ key: entry.key, value: Buffer.from(entry.value) })),
      );
    case 'get many':
      return (await store.getMany(step.keys)).map((found) => found && Buffer.from(found).toString());
    case 'delete many':
      return store.deleteMany(step.keys);
    case 'list': {
      const found: string[] = [];
      let page: KeyPage = { keys: [], cursor: '' };
      for (let first = true; first || page.cursor !== undefined; first = false) {
        const cursor = first ? {} : { cursor: page.cursor! };
        page = await store.keys({ prefix: step.prefix, limit: 2, ...cursor });
        found.push(...page.keys);
      }
      return found;
    }
  }
}

for (const bind of ['memory', 'sqlite', 'filesystem']) {
  void test(`${bind} does what a map would, whatever comes in whatever order`, async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (steps) => {
        const store = await openCapability(
          'keyvalue',
          { name: `run ${runs++}`, bind, config: {} },
          { dataDir, timeout: 5_000 },
        );
        const model: Model = { values: new Map(), tokens: new Map() };
        const watch = await store.watch({ prefix: '' });
        const told = new Map<string, string>();
        const hear = async (): Promise<number> => {
          const { changes, resync } = await watch.next(0);
          assert.equal(resync, false);
          for (const { key: changed, change } of changes) told.set(changed, change);
          return changes.length;
        };
        for (const [at, step] of steps.entries()) {
          assert.deepEqual(await actual(store, step), await expected(model, step));
          if (at % 3 === 0) await hear();
        }
        while ((await hear()) > 0);
        // What is there was told as such at last, and nothing else was.
        assert.deepEqual(
          [...told]
            .filter(([, change]) => change === 'set')
            .map(([changed]) => changed)
            .toSorted(),
          [...model.values.keys()].toSorted(),
        );
        watch.close();
        for (const [found, text] of model.values)
          assert.equal(Buffer.from((await store.get(found))!).toString(), text);
        await store.close();
      }),
      { numRuns: 60 },
    );
  });

  void test(`${bind} takes any text for a cursor, or refuses it`, async () => {
    const store = await openCapability(
      'keyvalue',
      { name: 'cursors', bind, config: {} },
      { dataDir, timeout: 5_000 },
    );
    await store.set('a', Buffer.from('1'));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (cursor) => {
        const page = await answerOf(() => store.keys({ cursor }));
        assert.ok(page === 'invalid-argument' || Array.isArray((page as KeyPage).keys));
      }),
    );
    await store.close();
  });
}
