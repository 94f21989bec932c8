/** Invoices are text, each an object among the blobs. */
import { openBlobs } from '@spiderlightning/guest';
import type { BlobReader } from '@spiderlightning/guest';
import type { Order } from './order.ts';

const files = openBlobs('invoices');
const type = 'text/plain; charset=utf-8';

export async function keepInvoice(order: Order): Promise<void> {
  const invoices = await files.ensureContainer('invoices');
  await invoices.put(`${order.id}.txt`, writeInvoice(order), { contentType: type });
}

/** The invoice, to be sent piece by piece; undefined where there is none, or none yet. */
export async function readInvoice(id: string): Promise<BlobReader | undefined> {
  const invoices = await files.ensureContainer('invoices');
  return await invoices.read(`${id}.txt`);
}

/** Knows nothing of blobs. */
export function writeInvoice({ id, customer, items, total, createdAt }: Order): string {
  const lines = items.map(
    ({ name, quantity, price }) => `${quantity} × ${name} at ${money(price)} = ${money(quantity * price)}`,
  );
  return [`Invoice ${id} of ${createdAt.slice(0, 10)}`, `To: ${customer}`, '', ...lines, '']
    .concat(`Total: ${money(total)}\n`)
    .join('\n');
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
