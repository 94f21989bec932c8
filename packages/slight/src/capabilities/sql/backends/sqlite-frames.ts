import { deserialize, serialize } from 'node:v8';
import type { CapabilityError } from '../../core/error.ts';
import type { Engine } from './sqlite-engine.ts';

/** What goes between the host and the process that runs SQL: a length of four bytes, then a value as V8 writes it. */

/** One call of the engine. `within`: milliseconds after which the process ends itself. */
export interface Call {
  readonly method: keyof Engine;
  readonly args: readonly unknown[];
  readonly within: number;
}

/** Comes before the process ends itself. */
export interface Farewell {
  readonly ended: 'deadline' | 'memory';
}

/** An error as it travels. */
export type Failure = Pick<CapabilityError, 'code' | 'message' | 'retryable' | 'outcome' | 'detail'>;
export type Reply = { readonly value: unknown } | { readonly failure: Failure } | Farewell;

/** Bytes of the length before each frame. */
export const head = 4;

export function writeFrame(value: unknown): Buffer {
  const body = serialize(value);
  const frame = Buffer.allocUnsafe(head + body.byteLength);
  frame.writeUInt32LE(body.byteLength, 0);
  body.copy(frame, head);
  return frame;
}

export const readFrame = (body: Uint8Array): unknown => deserialize(body);

/** Hears of the whole frames in what comes in pieces. */
export function splitFrames(onFrame: (value: unknown) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let size = 0;
  let wanted = head;
  return (piece) => {
    pieces.push(piece);
    size += piece.byteLength;
    if (size < wanted) return;
    let bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    wanted = head;
    while (bytes.byteLength >= head) {
      const end = head + bytes.readUInt32LE(0);
      if (bytes.byteLength < end) {
        wanted = end;
        break;
      }
      onFrame(readFrame(bytes.subarray(head, end)));
      bytes = bytes.subarray(end);
    }
    pieces = [bytes];
    size = bytes.byteLength;
  };
}
