import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { compile } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { openCapability } from '../../packages/slight/src/capabilities/core/open.ts';
import {
  handleText,
  spiderlightningImports,
} from '../../packages/slight/src/dialects/spiderlightning/index.ts';
import { namedOpener } from '../../packages/slight/src/host/openers.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, makeFolder } from '../server.ts';

const USUAL = { rounds: 21, slice: 150 };
const MANY = 20_000;
/** The same work of a guest, of the capability without one, and of `node:sqlite` alone. */
const WORK = ['select', 'insert', 'rows'] as const;
type Work = (typeof WORK)[number];
const NAMES: { readonly [Kind in Work]: string } = {
  select: 'select by key',
  insert: 'insert, on the disk',
  rows: 'one of many rows',
};

type Run = (count: number) => Promise<number>;

/** What SQL costs a guest, against `node:sqlite` in this process, with the same settings. */
export async function benchSql(tell: (progress: string) => void, pace = USUAL): Promise<Comparison[]> {
  const bare = openBare(join(makeFolder(), 'bare.db'));
  const bind = { name: 'bench', bind: 'sqlite', config: {} };
  const db = await openCapability('sql', bind, { dataDir: makeFolder(), timeout: 30_000 });
  try {
    for (const text of setUp()) {
      await db.execute({ text, parameters: [] });
      bare.exec(text);
    }
    tell('building the guest …');
    const guest = await makeGuest(db);
    const host = runHost(db);
    const alone = runBare(bare);
    const comparisons: Comparison[] = [];
    for (const work of WORK) {
      tell(`${NAMES[work]} …`);
      const contestants = [alone[work], host[work], guest[work]].map((run, index) => ({
        name: ['node:sqlite', 'host', 'guest'][index]!,
        run: (count: number) => check(work, run, count),
      }));
      const [baseline, ours, whole] = await race(contestants, {
        ...pace,
        least: work === 'rows' ? 1_000 : 4,
      });
      comparisons.push(compare(`${NAMES[work]}, QuickJS guest`, whole!, baseline!, 'node:sqlite'));
      comparisons.push(compare(`${NAMES[work]}, the host alone`, ours!, baseline!, 'node:sqlite'));
    }
    return comparisons;
  } finally {
    await db.close();
    bare.close();
  }
}

function setUp(): string[] {
  const numbers = (most: number) =>
    `WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ${most}) SELECT x, 'Ada Lovelace', 1 FROM n`;
  const columns = '(id INTEGER PRIMARY KEY, customer TEXT, total INTEGER)';
  return [
    `CREATE TABLE orders ${columns}`,
    `CREATE TABLE written ${columns}`,
    `CREATE TABLE many ${columns}`,
    `INSERT INTO orders ${numbers(1_000)}`,
    `INSERT INTO many ${numbers(MANY)}`,
  ];
}

/** Every piece of work adds one. */
async function check(work: Work, run: Run, count: number): Promise<void> {
  for (let left = count; left > 0; left -= MANY) {
    const part = work === 'rows' ? Math.min(left, MANY) : count;
    const sum = await run(part);
    if (sum !== part) throw new Error(`${work}: ${part} came to ${sum}`);
    if (work !== 'rows') return;
  }
}

function openBare(path: string): DatabaseSync {
  const bare = new DatabaseSync(path, { readBigInts: true });
  bare.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  return bare;
}

function runBare(bare: DatabaseSync): { readonly [Kind in Work]: Run } {
  let select: ReturnType<DatabaseSync['prepare']> | undefined;
  let insert: typeof select;
  let rows: typeof select;
  return {
    async select(count) {
      select ??= bare.prepare('select * from orders where id = ?');
      let sum = 0;
      for (let left = count; left > 0; left--) sum += Number(select.get(1 + (left % 1000))!['total']);
      return sum;
    },
    async insert(count) {
      insert ??= bare.prepare('insert into written (customer, total) values (?, ?)');
      let sum = 0;
      for (let left = count; left > 0; left--) sum += Number(insert.run('Ada Lovelace', left).changes);
      return sum;
    },
    async rows(count) {
      rows ??= bare.prepare('select * from many limit ?');
      let sum = 0;
      for (const { total } of rows.iterate(count)) sum += Number(total);
      return sum;
    },
  };
}

type Database = Awaited<ReturnType<typeof openCapability<'sql'>>>;

function runHost(db: Database): { readonly [Kind in Work]: Run } {
  async function read(text: string, parameter: number): Promise<number> {
    const rows = await db.query({ text, parameters: [BigInt(parameter)] });
    let sum = 0;
    for (let page = await rows.next(); page.length > 0; page = await rows.next())
      for (const row of page) sum += Number(row[2]);
    return sum;
  }
  return {
    async select(count) {
      let sum = 0;
      for (let left = count; left > 0; left--)
        sum += await read('select * from orders where id = ?', 1 + (left % 1000));
      return sum;
    },
    async insert(count) {
      const text = 'insert into written (customer, total) values (?, ?)';
      let sum = 0;
      for (let left = count; left > 0; left--)
        sum += (await db.execute({ text, parameters: ['Ada Lovelace', BigInt(left)] })).rows;
      return sum;
    },
    rows: (count) => read('select * from many limit ?', count),
  };
}

/** An instance as the host sets it up and calls it. */
async function makeGuest(db: Database): Promise<{ readonly [Kind in Work]: Run }> {
  const component = await compile(await buildGuest(join(import.meta.dirname, 'app.ts')));
  const sql = namedOpener('sql', new Map([['bench', db]]), 'slightfile.toml');
  const instance = await component.instantiate({
    ...wasiImports(),
    ...spiderlightningImports({ log: () => undefined, sql }),
  });
  const ask =
    (work: Work): Run =>
    async (count) => {
      const url = `http://127.0.0.1/${work}/${count}`;
      const body = new Uint8Array();
      const request = { method: 'GET', url, headers: [], body, remote: '127.0.0.1', id: 'bench' };
      const answer = await handleText(instance, request, { deadline: 60_000, cpu: 60_000 });
      return Number(String(answer.body));
    };
  return { select: ask('select'), insert: ask('insert'), rows: ask('rows') };
}
