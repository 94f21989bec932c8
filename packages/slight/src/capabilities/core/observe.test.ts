import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MaybePromise } from './backend.ts';
import type { Opened } from './capability.ts';
import { describeOperations, observedClass, type ObserveCall } from './observe.ts';

interface Jar extends Opened {
  put(label: string, count: number, a?: string, b?: string): MaybePromise<string>;
}

const names = { put: 'put-in' } as const;
const operations = describeOperations<Jar>(names, {
  capability: 'jars',
  name: 'shelf',
  system: 'memory',
  host: undefined,
  port: undefined,
});

function observe(put: Jar['put']): { jar: Jar; heard: string[] } {
  const heard: string[] = [];
  const hear: ObserveCall = ({ capability, operation, name }) => {
    heard.push(`${capability} ${name} ${operation}`);
    return (error) => heard.push(error === undefined ? 'done' : `failed: ${String(error)}`);
  };
  const target = { put, ping: () => undefined, close: () => undefined };
  return { jar: new (observedClass<Jar>(names))(target, operations, hear), heard };
}

void test('a call is reported, and what is answered at once still is', () => {
  const { jar, heard } = observe((...args) => args.join(' '));
  assert.equal(jar.put('salt', 2, 'three', 'four'), 'salt 2 three four');
  assert.deepEqual(heard, ['jars shelf put-in', 'done']);
});

void test('a promise is reported when it is over', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { jar, heard } = observe(() => promise);
  const answer = jar.put('salt', 1);
  assert.deepEqual(heard, ['jars shelf put-in']);
  resolve('kept');
  assert.equal(await answer, 'kept');
  assert.deepEqual(heard, ['jars shelf put-in', 'done']);
});

void test('errors are reported and go on, thrown or rejected', async () => {
  const thrown = observe(() => {
    throw new Error('full');
  });
  assert.throws(() => thrown.jar.put('salt', 1), /full/);
  const rejected = observe(() => Promise.reject(new Error('full')));
  await assert.rejects(async () => rejected.jar.put('salt', 1), /full/);
  for (const { heard } of [thrown, rejected])
    assert.deepEqual(heard, ['jars shelf put-in', 'failed: Error: full']);
});

void test('neither ping nor close is reported', () => {
  const { jar, heard } = observe(() => '');
  void jar.ping();
  void jar.close();
  assert.deepEqual(heard, []);
});

void test('what a watch tells is reported each time, and its end is not', async () => {
  interface Shelf extends Opened {
    watch(prefix: string): MaybePromise<{ next(wait: number): MaybePromise<string>; close(): void }>;
  }
  const heard: string[] = [];
  const closed: string[] = [];
  const begun = { next: (wait: number) => `after ${wait}`, close: () => void closed.push('closed') };
  const place = { capability: 'shelves', name: 's', system: 'memory', host: undefined, port: undefined };
  for (const given of [begun, Promise.resolve(begun)]) {
    const shelf = new (observedClass<Shelf>({ watch: 'watch' }))(
      { watch: () => given, ping: () => undefined, close: () => undefined },
      describeOperations<Shelf>({ watch: 'watch' }, place),
      ({ operation }) => {
        heard.push(operation);
        return (error) => heard.push(error === undefined ? 'done' : 'failed');
      },
    );
    const watch = await shelf.watch('p');
    assert.equal(watch.next(7), 'after 7', 'at once, where the backend answers so');
    watch.close();
    assert.deepEqual(heard.splice(0), ['watch', 'done', 'watch.next', 'done']);
  }
  assert.deepEqual(closed, ['closed', 'closed']);
});

void test('what a transaction, a statement and rows are asked is reported, but for what asks nobody', async () => {
  type Steps = { readonly [method: string]: (...args: string[]) => unknown };
  interface Books extends Opened {
    query(text: string): MaybePromise<Steps>;
    prepare(text: string): MaybePromise<Steps>;
    begin(): MaybePromise<Steps>;
  }
  const sql = { query: 'query', prepare: 'prepare', begin: 'begin' } as const;
  let pages: (string | Promise<string>)[] = [];
  const steps: Steps & { columns: unknown } = {
    columns: ['a'] as never,
    next: () => pages.shift(),
    query: async () => steps,
    execute: async (text) => `did ${text}`,
    commit: () => Promise.reject(new Error('busy')),
    rollback: () => undefined,
  };
  const heard: string[] = [];
  const place = { capability: 'sql', name: 'books', system: 'sqlite', host: undefined, port: undefined };
  const target = { query: () => steps, prepare: async () => steps, begin: async () => steps };
  const books = new (observedClass<Books>(sql))(
    { ...target, ping: () => undefined, close: () => undefined } as Books,
    describeOperations<Books>(sql, place),
    ({ operation, name }) =>
      (error) =>
        heard.push(`${operation} ${name}${error === undefined ? '' : `: ${String(error)}`}`),
  );
  const rows = await books.query('select');
  assert.deepEqual(rows.columns, ['a']);
  pages = ['at once', Promise.resolve('later'), 'over'];
  assert.equal(rows.next!(), 'at once');
  assert.deepEqual([await rows.next!(), rows.next!()], ['later', 'over']);
  assert.deepEqual(heard.splice(0), ['query books', 'rows.next books']);

  const transaction = await books.begin();
  assert.equal(await transaction.execute!('insert'), 'did insert');
  pages = [Promise.resolve('row')];
  assert.equal(await ((await transaction.query!('select')) as Steps).next!(), 'row');
  await assert.rejects(async () => transaction.commit!(), /busy/);
  transaction.rollback!();
  assert.deepEqual(heard.splice(0), [
    'begin books',
    'transaction.execute books',
    'transaction.query books',
    'rows.next books',
    'transaction.commit books: Error: busy',
  ]);

  const prepared = await books.prepare('select');
  await prepared.execute!('');
  pages = [Promise.reject(new Error('gone'))];
  await assert.rejects(async () => ((await prepared.query!('')) as Steps).next!(), /gone/);
  assert.deepEqual(heard, [
    'prepare books',
    'prepared.execute books',
    'prepared.query books',
    'rows.next books: Error: gone',
  ]);
});
