/** A row for each order that was placed, in SQL, where totals are one query. */
import { openDatabase } from '@spiderlightning/guest';
import type { Order } from './order.ts';

/** What one customer ordered on one day. */
export interface Total {
  readonly day: string;
  readonly customer: string;
  readonly orders: number;
  /** In cents. */
  readonly total: number;
}

const reports = openDatabase('reports');
const mostRows = 1000;

/** Every `${…}` is bound as a value, whatever it says. */
export async function reportOrder({ id, customer, total, createdAt }: Order): Promise<void> {
  await makeTable();
  await reports.execute`
    insert into placed (id, day, customer, total) values (${id}, ${createdAt.slice(0, 10)}, ${customer}, ${total})
    on conflict (id) do update set day = excluded.day, customer = excluded.customer, total = excluded.total`;
}

/** Totals of each customer and day, the newest days first. */
export async function listTotals(): Promise<Total[]> {
  await makeTable();
  return await reports.query<Total>`
    select day, customer, count(*) as orders, sum(total) as total from placed
    group by day, customer order by day desc, customer limit ${mostRows}`;
}

async function makeTable(): Promise<void> {
  await reports.execute`create table if not exists placed (
    id text primary key, day text not null, customer text not null, total bigint not null)`;
}
