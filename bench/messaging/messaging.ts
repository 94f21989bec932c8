import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapability } from '../../packages/slight/src/capabilities/core/open.ts';
import type { Messaging } from '../../packages/slight/src/capabilities/messaging/contract.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { type BareQueue, openBareQueue } from './bare.ts';

const BODY = Buffer.from(JSON.stringify({ order: 'orders/000012345', status: 'new', note: 'x'.repeat(60) }));
/** Messages that are published at the same time, and received together. */
const FLIGHTS = [1, 64];
const USUAL = { rounds: 21, slice: 100 };

/** What a message costs on SQLite, published, received and acked, against a queue written by hand. */
export async function benchMessaging(tell: (progress: string) => void, pace = USUAL): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-messaging-'));
  const bare = openBareQueue(folder);
  const open = (name: string, config: { [key: string]: string | boolean }): Promise<Messaging> =>
    openCapability('messaging', { name, bind: 'sqlite', config }, { dataDir: folder, timeout: 30_000 });
  const plain = await open('plain', { queue: true });
  const ordered = await open('ordered', { queue: true, order: 'key' });
  try {
    const comparisons: Comparison[] = [];
    for (const flight of FLIGHTS) {
      tell(`${flight} at a time …`);
      const [baseline, ...timings] = await race(
        [
          { name: 'bare', run: (count) => runBare(bare, flight, count) },
          { name: 'plain', run: (count) => runOurs(plain, flight, count) },
          { name: 'ordered', run: (count) => runOurs(ordered, flight, count) },
        ],
        { ...pace, least: flight },
      );
      for (const [index, order] of ['', ', order by key'].entries()) {
        const name = `message${order}, ${flight} at a time`;
        comparisons.push(compare(name, timings[index]!, baseline!, 'bare node:sqlite'));
      }
    }
    return comparisons;
  } finally {
    await plain.close();
    await ordered.close();
    bare.close();
    rmSync(folder, { recursive: true });
  }
}

function runBare(queue: BareQueue, flight: number, count: number): void {
  for (let left = count; left > 0; left -= flight) {
    const many = Math.min(flight, left);
    queue.publish(Array.from({ length: many }, () => BODY));
    const rows = queue.receive(many);
    check(rows);
    queue.ack(rows.map(({ id }) => id));
  }
}

async function runOurs(queue: Messaging, flight: number, count: number): Promise<void> {
  for (let left = count; left > 0; left -= flight) {
    const many = Math.min(flight, left);
    const publishes = Array.from({ length: many }, (_, i) =>
      queue.publish('orders', BODY, { key: `key ${i}` }),
    );
    await Promise.all(publishes);
    const deliveries = await queue.receive('queue', { max: many });
    if (deliveries.length !== many) throw new Error(`${deliveries.length} of ${many} messages came`);
    check(deliveries);
    await queue.ack(deliveries.map(({ receipt }) => receipt));
  }
}

function check(messages: readonly { readonly body: Uint8Array }[]): void {
  if (messages.some(({ body }) => body.length !== BODY.length)) throw new Error('a message was damaged');
}
