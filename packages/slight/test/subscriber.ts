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

/** Opens an event stream or a websocket and waits for the head of the answer. */
export function subscribe(
  url: string,
  kind: 'event-stream' | 'websocket',
  headers: { readonly [name: string]: string } = {},
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
      send: (text) => void socket.write(mask(1, Buffer.from(text))),
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
        raw.push(event);
        const data = event.split('\n').filter((line) => line.startsWith('data: '));
        if (data.length > 0) received.push(data.map((line) => line.slice(6)).join('\n'));
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
        raw.push(String(opcode));
        if (opcode === 1) received.push(payload.toString());
        else if (opcode === 9) socket.write(mask(10, payload));
        else if (opcode === 8) {
          code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
          socket.write(mask(8, payload));
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

/** A frame as clients send it; the mask is zero, which changes nothing. */
function mask(opcode: number, payload: Buffer): Buffer {
  if (payload.length > 125) throw new RangeError('only short frames');
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
