import type { Header, Message } from '../contract.ts';

/**
 * A message as it lies in Redis, and as it is broadcast: its id, where the reply goes or nothing, the rest as JSON, each a line that
 * scripts can read, and the body.
 */
export function packMessage({ id, topic, headers, key, body }: Message, replyTo = ''): Buffer {
  const rest = JSON.stringify([topic, headers, ...(key === undefined ? [] : [key])]);
  return Buffer.concat([Buffer.from(`${id}\n${replyTo}\n${rest}\n`), body]);
}

export function unpackMessage(packed: Buffer): { readonly message: Message; readonly wantsReply: boolean } {
  const [first, second] = [packed.indexOf(10), packed.indexOf(10, packed.indexOf(10) + 1)];
  const third = packed.indexOf(10, second + 1);
  const [topic, headers, key] = JSON.parse(packed.toString('utf8', second + 1, third)) as [
    string,
    Header[],
    string?,
  ];
  const id = packed.toString('utf8', 0, first);
  const body = new Uint8Array(packed.subarray(third + 1));
  return {
    message: { id, topic, ...(key !== undefined && { key }), headers, body },
    wantsReply: second > first + 1,
  };
}
