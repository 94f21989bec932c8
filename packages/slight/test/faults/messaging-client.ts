/**
 * A process of its own that publishes, consumes, broadcasts and listens, whatever fails, until its input ends. Arguments: bind,
 * timeout, settings (JSON). A line of input says whether it publishes: `on` or `off`. It says each attempt, what it worked
 * on and what it heard.
 */
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../src/capabilities/core/capability.ts';
import type { Delivery, Message } from '../../src/capabilities/messaging/contract.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { attempt, now, say } from './record.ts';

const [bind = '', timeout = '0', settings = '{}'] = process.argv.slice(2);
const messages = await openCapability(
  'messaging',
  { name: 'faults', bind, config: JSON.parse(settings) as Config & { [key: string]: string } },
  { dataDir: tmpdir(), timeout: Number(timeout) },
);
let publishing = false;
let over = false;
const input = createInterface(process.stdin);
input.on('line', (line) => (publishing = line === 'on'));
input.on('close', () => (over = true));

/** Milliseconds between two attempts of one publisher. */
const pause = 40;
const publishers = 2;
/** As the app reads it that works on them, too. */
const toBody = (what: string): Uint8Array => Buffer.from(JSON.stringify({ what }));
const textOf = ({ body }: Message): string =>
  (JSON.parse(Buffer.from(body).toString()) as { what: string }).what;

/** Each has a key of its own. */
async function publish(publisher: number): Promise<void> {
  const key = `${process.pid}.${publisher}`;
  for (let i = 0; !over; await sleep(Math.random() * 2 * pause)) {
    if (!publishing) continue;
    const text = `${key} ${i++}`;
    await attempt(
      'publish',
      () => messages.publish('work', toBody(text), { key }),
      () => ({ texts: [text] }),
    );
  }
}

async function consume(): Promise<void> {
  while (!over) {
    const asked = now();
    const deliveries = await attempt(
      'receive',
      () => messages.receive('workers', { max: 10, wait: 200 }),
      (found = []) => ({ texts: found.map(textOf) }),
    );
    if (deliveries === undefined) await sleep(pause);
    // Who was slow to hear of them might work on what another has by now.
    const [first] = deliveries ?? [];
    if (first === undefined || now() - asked > first.lease / 2) continue;
    say({ handled: deliveries!.map(textOf), at: now() });
    await answer(deliveries!, asked);
  }
}

/** Most are done; some come again, or are kept a little longer. */
async function answer(deliveries: readonly Delivery[], asked: number): Promise<void> {
  const [first, ...others] = deliveries;
  const draw = Math.random();
  const done = draw < 0.1 ? others : deliveries;
  const settle = (name: string, some: readonly Delivery[], work: () => Promise<void> | void) =>
    attempt(name, work, () => ({ texts: some.map(textOf), asked }));
  if (done !== deliveries) await settle('nack', [first!], () => messages.nack(first!.receipt, { delay: 50 }));
  const receipts = done.map(({ receipt }) => receipt);
  if (draw > 0.9) await settle('extend', done, () => messages.extend(receipts));
  if (done.length > 0) await settle('ack', done, () => messages.ack(receipts));
}

async function broadcast(): Promise<void> {
  for (let i = 0; !over; await sleep(100)) {
    if (!publishing) continue;
    const text = `${process.pid} ${i++}`;
    await attempt(
      'broadcast',
      () => messages.broadcast('news', toBody(text)),
      () => ({ texts: [text] }),
    );
  }
}

async function hear(): Promise<void> {
  while (!over) {
    const news = await attempt(
      'listen',
      () => listener.next(100, 300),
      () => ({}),
    );
    for (const each of news ?? []) say({ heard: textOf(each) });
    if (news === undefined) await sleep(pause);
  }
  listener.close();
}

const listener = await messages.listen(['news']);
say({ heard: 'nothing' });
const working = Array.from({ length: publishers }, (_, i) => publish(i));
await Promise.all([...working, consume(), broadcast(), hear()]);
await messages.close();
