import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A client of a held connection on a bare socket, which costs so little that thousands of them fit into a test. */
export interface Subscriber {
  readonly socket: Socket;
  /** The head of the answer. */
  readonly head: string;
  /** Data of events, or texts of frames, in order. */
  readonly received: string[];
  /** Events as they came, comments too; for websockets opcodes. */
  readonly raw: string[];
  /** Code of the close frame. */
  readonly code: number | undefined;
  readonly closed: boolean;
  /** Sends a text frame. */
  send(text: string): void;
}

/**
 * Opens an event stream or a websocket and waits for the head of the answer.
 * @param take - gets what would stand in `received`, where there is too much to keep
 */
export function subscribe(
  url: string,
  kind: 'event-stream' | 'websocket',
  headers: { readonly [name: string]: string } = {},
  take?: (text: string) => void,
): Promise<Subscriber> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const key = randomBytes(16).toString('base64');
  const lines = { Host: host, ...(kind === 'websocket' && handshake(key)), ...headers };
  const written = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${written.join('')}\r\n`);

  return new Promise((resolve, reject) => {
    let pending: Buffer = Buffer.alloc(0);
    let head = '';
    let code: number | undefined;
    const received: string[] = [];
    const raw: string[] = [];
    const keep = take ?? ((text: string) => void received.push(text));
    const note = take === undefined ? (text: string) => void raw.push(text) : () => undefined;
    const subscriber: Subscriber = {
      socket,
      received,
      raw,
      get head() {
        return head;
      },
      get code() {
        return code;
      },
      get closed() {
        return socket.closed;
      },
      send: (text) => void socket.write(frame(1, text)),
    };
    socket.on('error', reject).on('close', () => reject(new Error(`no answer but ${JSON.stringify(head)}`)));
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      if (head === '') {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        head = pending.subarray(0, end).toString();
        pending = pending.subarray(end + 4);
        resolve(subscriber);
      }
      if (kind === 'event-stream') readEvents();
      else readFrames();
    });

    function readEvents(): void {
      for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
        const event = pending.subarray(0, end).toString();
        pending = pending.subarray(end + 2);
        note(event);
        const data = event.split('\n').filter((line) => line.startsWith('data: '));
        if (data.length > 0) keep(data.map((line) => line.slice(6)).join('\n'));
      }
    }

    function readFrames(): void {
      while (pending.length >= 2) {
        const short = pending[1]! & 0x7f;
        const start = short === 126 ? 4 : short === 127 ? 10 : 2;
        if (pending.length < start) return;
        const length =
          short === 126
            ? pending.readUInt16BE(2)
            : short === 127
              ? Number(pending.readBigUInt64BE(2))
              : short;
        if (pending.length < start + length) return;
        const opcode = pending[0]! & 15;
        const payload = pending.subarray(start, start + length);
        pending = pending.subarray(start + length);
        note(String(opcode));
        if (opcode === 1) keep(payload.toString());
        else if (opcode === 9) socket.write(frame(10, payload));
        else if (opcode === 8) {
          code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
          socket.write(frame(8, payload));
        }
      }
    }
  });
}

function handshake(key: string) {
  return {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
  };
}

export interface FrameOptions {
  /** Whether the message ends with this frame. Default true. */
  readonly last?: boolean;
  /** As clients must. Default true. */
  readonly masked?: boolean;
}

/** A frame as clients send it; the mask is zero, which changes nothing. */
export function frame(
  opcode: number,
  payload: string | Uint8Array,
  { last = true, masked = true }: FrameOptions = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(bytes.length > 65_535 ? 10 : bytes.length > 125 ? 4 : 2);
  head[0] = (last ? 0x80 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (head.length === 10 ? 127 : head.length === 4 ? 126 : bytes.length);
  if (head.length === 4) head.writeUInt16BE(bytes.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), bytes]);
}
