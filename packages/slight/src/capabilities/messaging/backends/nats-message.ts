import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { Header, Message } from '../contract.ts';

/** Header with what a message of ours has beside its body, as JSON in base64: headers of NATS lose spaces and case. */
const metaHeader = 'Slight-Message';

/** What it holds. */
export interface Meta {
  readonly id: string;
  readonly topic: string;
  readonly key?: string;
  readonly headers: readonly Header[];
  /** Where a reply goes. */
  readonly reply?: string;
  /** Of a dead letter. */
  readonly dead?: { readonly attempts: number; readonly reason: string; readonly at: number };
}

export function writeMeta(head: MsgHdrs, meta: Meta): MsgHdrs {
  head.set(metaHeader, Buffer.from(JSON.stringify(meta)).toString('base64'));
  return head;
}

/** @param topic of the subject, for messages that another program published; `id` likewise */
export function readMeta(head: MsgHdrs | undefined, topic: string, id: string): Meta {
  const text = head?.get(metaHeader) ?? '';
  if (text !== '') return JSON.parse(Buffer.from(text, 'base64').toString()) as Meta;
  const headers = [...(head ?? [])].map(([name, [value = '']]): Header => [name, value]);
  return { id, topic, headers };
}

/** Without what is not the app's. */
export function toMessage({ id, topic, key, headers }: Meta, body: Uint8Array): Message {
  return { id, topic, headers, body, ...(key !== undefined && { key }) };
}

/** What the server says of a delivery, in the subject to which its answer goes. */
export interface DeliveryInfo {
  readonly consumer: string;
  /** How often it was given out. */
  readonly delivered: number;
  /** Its number in the stream. */
  readonly sequence: number;
  /** The same for each delivery of a message to a consumer, and for no other. */
  readonly which: string;
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>…`, or with a domain and an account in front.
 * https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md
 */
export function readInfo({ reply = '' }: Pick<Msg, 'reply'>): DeliveryInfo {
  const parts = reply.split('.');
  const [stream, consumer = '', delivered, sequence, , time] = parts.slice(parts.length >= 11 ? 4 : 2);
  // A server that has lost its messages counts anew; the time when it got one it gives to no other.
  const which = `${stream}.${consumer}.${sequence}.${time}`;
  return { consumer, delivered: Number(delivered), sequence: Number(sequence), which };
}

/** Id with which a new consumer's own first message is published. */
export function beginId(): string {
  return `slight-begin.${crypto.randomUUID()}`;
}

/** Whether it is such a message, and nobody's. */
export function isBegin({ headers }: Pick<Msg, 'headers'>): boolean {
  return headers?.has(metaHeader) === false && headers.get('Nats-Msg-Id').startsWith('slight-begin.');
}
