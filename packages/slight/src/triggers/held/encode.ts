import type { HeldMessage } from './command.ts';

/** A message in the form of each protocol, made once however many connections it goes to. */
export interface Encoded {
  eventStream(): Buffer;
  websocket(): Buffer;
}

export function encodeMessage(message: HeldMessage): Encoded {
  let asEvent: Buffer | undefined;
  let asFrame: Buffer | undefined;
  return {
    eventStream: () => (asEvent ??= encodeEvent(message)),
    websocket: () => (asFrame ??= encodeFrame(message.content)),
  };
}

/** A server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function encodeEvent({ content, event, id }: HeldMessage): Buffer {
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('base64');
  let out = '';
  if (event !== undefined) out += `event: ${event}\n`;
  if (id !== undefined) out += `id: ${id}\n`;
  for (const line of text.split(/\r\n|\r|\n/)) out += `data: ${line}\n`;
  return Buffer.from(`${out}\n`);
}

/** One whole frame of RFC 6455, unmasked as a server's are. */
export function encodeFrame(content: string | Uint8Array): Buffer {
  const isText = typeof content === 'string';
  const length = isText ? Buffer.byteLength(content) : content.length;
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = isText ? 0x81 : 0x82;
  if (start === 2) frame[1] = length;
  else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isText) frame.write(content, start);
  else frame.set(content, start);
  return frame;
}
