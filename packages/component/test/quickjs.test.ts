import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '@spiderlightning/component';
import type { HostImports, Instance } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { buildQuickjsGuest } from '../../../test/guests/quickjs.ts';

const wit = `
package test:app@1.2.3;

interface shelf {
  variant failure { full(u32), gone }
  record book { title: string, pages: u32, tags: list<string>, cover: option<list<u8>> }
  resource shelf {
    constructor(name: string);
    put: func(book: book) -> result<u64, failure>;
    find: func(title: string) -> option<book>;
    all: static func() -> list<string>;
  }
}

interface work {
  use shelf.{book};
  run: async func(titles: list<string>) -> result<list<book>, string>;
  pause: async func(turns: u32) -> u32;
  sum: func(numbers: list<s32>) -> s32;
  spin: func();
  never: async func();
  fail: async func(reason: string);
}

world guest { import shelf; export work; }
`;

const source = `
import { Shelf } from 'test:app/shelf@1.2.3';
let calls = 0;
export const work = {
  async run(titles) {
    const mine = ++calls;
    const shelf = new Shelf('shelf ' + titles.length);
    for (const title of titles) {
      try {
        shelf.put({ title, pages: title.length, tags: [title, 'größe'], cover: new Uint8Array([1, 2, 3]) });
      } catch (error) {
        throw 'refused: ' + JSON.stringify(error.payload ?? error);
      }
    }
    const found = titles.map((title) => shelf.find(title)).filter(Boolean);
    if (mine !== calls) throw new Error('another call came between');
    return found;
  },
  async pause(turns) {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve(turn);
    return turns;
  },
  sum: (numbers) => numbers.reduce((a, b) => a + b, 0),
  spin() { for (;;); },
  async never() { await new Promise(() => {}); },
  async fail(reason) { throw new Error(reason); },
};`;

const component = await compile(await buildQuickjsGuest(wit, source));

interface Book {
  title: string;
  pages: number;
  tags: string[];
  cover: Uint8Array | undefined;
}

class Shelf {
  readonly books = new Map<string, Book>();
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function serve(pace: <T>(value: T) => T | Promise<T>): { imports: HostImports; log: string[] } {
  const log: string[] = [];
  const imports: HostImports = {
    ...wasiImports({ stderr: (line) => log.push(`stderr ${line}`) }),
    // An older version that semver calls compatible.
    'test:app/shelf@1.0.0': {
      '[constructor]shelf': (name: string) => pace(new Shelf(name)),
      '[method]shelf.put'(shelf: Shelf, book: Book) {
        if (book.title === 'too much') return pace({ tag: 'err', val: { tag: 'full', val: 7 } });
        shelf.books.set(book.title, book);
        return pace({ tag: 'ok', val: BigInt(shelf.books.size) });
      },
      '[method]shelf.find': (shelf: Shelf, title: string) => pace(shelf.books.get(title)),
      '[static]shelf.all': () => [],
      '[drop]shelf': (shelf: Shelf) => log.push(`drop ${shelf.name}`),
    },
  };
  return { imports, log };
}

const atOnce = serve((value) => value);
const later = serve(async (value) => {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
});
const run = 'test:app/work@1.2.3#run';

for (const [pace, served] of [
  ['answers at once', atOnce],
  ['answers with promises', later],
] as const) {
  test(`an async export runs to its result where the host ${pace}`, async () => {
    const instance = await component.instantiate(served.imports);
    const book = (title: string): Book => ({
      title,
      pages: title.length,
      tags: [title, 'größe'],
      cover: new Uint8Array([1, 2, 3]),
    });
    assert.deepEqual(await instance.call(run, [['a', 'bé']]), { tag: 'ok', val: [book('a'), book('bé')] });
    instance.dispose();
    assert.ok(served.log.includes('drop shelf 2'));
  });

  test(`calls made at the same time are served one after the other where the host ${pace}`, async () => {
    const instance = await component.instantiate(served.imports);
    const lists = Array.from({ length: 8 }, (_, index) => [`x${index}`, `y${index}`]);
    const answers = await Promise.all(lists.map((list) => instance.call(run, [list])));
    assert.deepEqual(
      answers.map((answer: any) => answer.val.map((book: Book) => book.title)),
      lists,
    );
    instance.dispose();
  });

  test(`a result's error reaches the guest where the host ${pace}`, async () => {
    const instance = await component.instantiate(served.imports);
    const answer = await instance.call(run, [['too much']]);
    assert.deepEqual(answer, { tag: 'err', val: 'refused: {"tag":"full","val":7}' });
    instance.dispose();
  });
}

async function start(): Promise<Instance> {
  return component.instantiate(atOnce.imports);
}

test('an async export waits for promises of its own', async () => {
  const instance = await start();
  assert.equal(await instance.call('test:app/work@1.2.3#pause', [25]), 25);
  instance.dispose();
});

test('a plain export is called without a promise, by any compatible version', async () => {
  const instance = await start();
  assert.equal(instance.callSync('test:app/work@1.0.0#sum', [[1, -5, 10]]), 6);
  assert.equal(await instance.call('test:app/work@1.9.0#sum', [[1, 2]]), 3);
  await assert.rejects(instance.call('test:app/work@2.0.0#sum', [[]]), /exports no function/);
  instance.dispose();
});

test('a promise that never settles is a trap, not a wait without end', async () => {
  const instance = await start();
  await assert.rejects(instance.call('test:app/work@1.2.3#never', []), { trap: 'abi' });
  assert.equal(instance.alive, false);
});

test('an exception ends the instance and says so on stderr', async () => {
  const instance = await start();
  await assert.rejects(instance.call('test:app/work@1.2.3#fail', ['größe']), { trap: 'unreachable' });
  assert.ok(atOnce.log.some((line) => line.startsWith('stderr') && line.includes('größe')));
  await assert.rejects(instance.call(run, [[]]), { trap: 'disposed' });
});

test('an endless loop is ended by its CPU budget, and by its deadline', async () => {
  for (const [limit, trap] of [
    [{ cpu: 30 }, 'cpu'],
    [{ deadline: 30 }, 'deadline'],
  ] as const) {
    const instance = await start();
    await assert.rejects(instance.call('test:app/work@1.2.3#spin', [], limit), { trap });
    assert.equal(instance.alive, false);
  }
});

test('one busy guest does not stop another', async () => {
  const busy = await start();
  const other = await start();
  const spinning = busy.call('test:app/work@1.2.3#spin', [], {
    deadline: 5_000,
    signal: AbortSignal.timeout(4_000),
  });
  const ended = assert.rejects(spinning, (trap: any) => trap.trap === 'cancelled');
  assert.equal(await other.call('test:app/work@1.2.3#sum', [[4, 5]]), 9);
  busy.dispose();
  await ended;
  other.dispose();
});
