import type { Writable } from 'node:stream';
import type { HeldMessage } from './command.ts';

/** A message in the form of each protocol, made once however many connections it goes to. */
export interface Encoded {
  writeEvent(stream: Writable): void;
  writeFrame(stream: Writable): void;
}

/** Bytes of messages that clients have not taken yet. Each form of a message counts once, however many it waits for. */
export interface Backlog {
  bytes: number;
}

export function encodeMessage(message: HeldMessage, backlog: Backlog): Encoded {
  let writeEvent: ((stream: Writable) => void) | undefined;
  let writeFrame: ((stream: Writable) => void) | undefined;
  return {
    writeEvent: (stream) => (writeEvent ??= writer(encodeEvent(message), backlog))(stream),
    writeFrame: (stream) => (writeFrame ??= writer(encodeFrame(message.content), backlog))(stream),
  };
}

function writer(bytes: Buffer, backlog: Backlog): (stream: Writable) => void {
  let waiting = 0;
  // Streams call back for what they have sent, and for what they never will.
  const taken = () => {
    if (--waiting === 0) backlog.bytes -= bytes.length;
  };
  return (stream) => {
    if (waiting++ === 0) backlog.bytes += bytes.length;
    stream.write(bytes, taken);
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
