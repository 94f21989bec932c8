import { CapabilityError, json, openDatabase, router, sql } from '@spiderlightning/guest';
import type { CommandHandler, SqlInput, SqlOutput } from '@spiderlightning/guest';

// An app that keeps orders in a database, echoes values of every type, and tries what it may not.

const shop = openDatabase('shop');
const other = openDatabase('other');

const refused = (error: unknown) =>
  error instanceof CapabilityError
    ? { code: error.code, outcome: error.outcome, message: error.message }
    : String(error);

/** Values as JSON can carry them. */
type Coded = { readonly type: string; readonly text: string };

const decode: { readonly [type: string]: (text: string) => SqlInput } = {
  null: () => null,
  boolean: (text) => text === 'true',
  integer: (text) => BigInt(text),
  float: (text) => sql.float(Number(text)),
  text: (text) => text,
  blob: (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
  decimal: (text) => sql.decimal(text),
  date: (text) => sql.date(text),
  time: (text) => sql.time(text),
  timestamp: (text) => sql.timestamp(text),
};

function encode(value: SqlOutput): Coded {
  if (value === null) return { type: 'null', text: '' };
  if (value instanceof Uint8Array)
    return { type: 'blob', text: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  return { type: typeof value, text: String(value) };
}

export const command: CommandHandler = async ([text = '']) => {
  await shop.execute`create table if not exists said (text text)`;
  await shop.execute`insert into said values (${text})`;
  for await (const row of shop.query`select * from said order by rowid`) console.log(row.text);
  return 0;
};

export default router()
  .post('/setup', async () => {
    for (const db of [shop, other])
      await db.execute`create table if not exists orders (id integer primary key, customer text unique, total decimal text)`;
    await shop.execute`create table if not exists v (
      c_null any, c_boolean boolean, c_integer integer, c_float real, c_text text, c_blob blob,
      c_decimal decimal text, c_date date, c_time time, c_timestamp timestamp)`;
    return json('ready');
  })
  .post('/orders/:db/:customer', async (req) => {
    const db = req.params.db === 'other' ? other : shop;
    try {
      const { lastInsertId } = await db.execute`
        insert into orders (customer, total) values (${req.params.customer}, ${sql.decimal('1.50')})`;
      return json({ id: lastInsertId }, { status: 201 });
    } catch (error) {
      return json(refused(error), { status: 409 });
    }
  })
  .get('/orders/:db', async (req) => {
    const db = req.params.db === 'other' ? other : shop;
    return json(await db.query`select customer, total from orders order by id`);
  })
  .get('/find', async (req) => {
    const name = req.query.get('name') ?? '';
    return json(await shop.query`select customer from orders where customer = ${name}`);
  })
  // Pages of rows, one after the other.
  .get('/count/:rows', async (req) => {
    let sum = 0;
    const rows = shop.query<{ x: number }>`
      with recursive n (x) as (select 1 union all select x + 1 from n where x < ${Number(req.params.rows)}) select x from n`;
    for await (const { x } of rows) sum += x;
    return json({ sum });
  })
  .post('/echo', async (req) => {
    const values = await req.json<Coded[]>();
    const back: Coded[] = [];
    for (const { type, text } of values) {
      const column = sql.identifier(`c_${type}`);
      const row =
        await shop.query`insert into v (${column}) values (${decode[type]!(text)}) returning ${column} as x`.first();
      back.push(encode(row!.x!));
    }
    return json(back);
  })
  .post('/transaction/:how', async (req) => {
    try {
      await shop.transaction(async (tx) => {
        await tx.execute`insert into orders (customer) values (${'in a transaction'})`;
        if (req.params.how === 'throw') throw new Error('no');
        if (req.params.how === 'twice')
          await tx.execute`insert into orders (customer) values (${'in a transaction'})`;
        if (req.params.how === 'hang') for (;;);
      });
      return json('committed');
    } catch (error) {
      return json(refused(error));
    }
  })
  // The request ends while rows are open.
  .get('/leave', async () => {
    const rows = shop.query`with recursive n (x) as (select 1 union all select x + 1 from n where x < 9999) select x from n`;
    await rows.columns();
    return json('left');
  })
  .post('/run', async (req) => {
    // Whatever comes, as SQL: what an attacker would have who found a hole.
    const text = await req.text();
    const strings = Object.assign([text], { raw: [text] }) as TemplateStringsArray;
    try {
      return json(await shop.query(strings));
    } catch (error) {
      return json(refused(error), { status: 400 });
    }
  })
  .get('/denied', async () => json(await openDatabase('secret').execute`select 1`.catch(refused)));
