import type { MqttMessage } from '../../../clients/mqtt.ts';
import type { Header, Message } from '../contract.ts';

/** The user property with what a message of ours has beside its body. */
const property = 'slight';
/** Characters of one of its values; MQTT takes 65,535 bytes. */
const longestValue = 60_000;

/** What a message has beside its body. */
export interface Meta {
  readonly id: string;
  readonly topic: string;
  readonly key?: string;
  readonly headers: readonly Header[];
  /** Milliseconds since 1970, before which it may not be given out. */
  readonly due?: number;
  /** Where a reply goes. */
  readonly reply?: string;
  /** Of a dead letter. */
  readonly dead?: { readonly attempts: number; readonly reason: string; readonly at: number };
}

/** In base64, since servers refuse some characters, in as many values as it takes. */
export function writeMeta(meta: Meta): { readonly [name: string]: string[] } {
  const text = Buffer.from(JSON.stringify(meta)).toString('base64');
  const values: string[] = [];
  for (let at = 0; at < text.length; at += longestValue) values.push(text.slice(at, at + longestValue));
  return { [property]: values };
}

/** Undefined where another program published it. */
export function readMeta(message: MqttMessage): Meta | undefined {
  const text = message.property(property).join('');
  if (text === '') return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString()) as Meta;
  } catch {
    return undefined;
  }
}

/** Without what is not the app's. */
export function toMessage({ id, topic, key, headers }: Meta, body: Uint8Array): Message {
  return { id, topic, headers, body, ...(key !== undefined && { key }) };
}

/** An empty payload takes a retained message away, so what is kept has one byte more. */
export function packBody(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(1), body]);
}

export function unpackBody({ payload }: MqttMessage): Uint8Array {
  return new Uint8Array(payload.subarray(1));
}

/** Undefined where there is none, or another program wrote something else. */
export function readJson<T>({ payload }: MqttMessage): T | undefined {
  try {
    return JSON.parse(payload.toString()) as T;
  } catch {
    return undefined;
  }
}
