import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OutgoingBody } from './http-message.ts';
import type { CheckedHead } from './http-response.ts';

/** A body that could not be sent to its end. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}

const slice = 64 * 1024;

/**
 * Sends a body piece by piece, asking for the next one when the client has taken most of those before. It is whole only
 * where this returns: otherwise the connection is cut in such a way that no client takes it for whole.
 * @param stall - milliseconds in which a client must take something
 * @throws {StreamError} where the client takes nothing, or the body is not as long as its head says
 * @throws what `next` throws
 */
export async function sendStream(
  outgoing: ServerResponse,
  status: number,
  { flat, length }: CheckedHead,
  body: OutgoingBody,
  stall: number,
): Promise<void> {
  const bodiless = outgoing.req.method === 'HEAD' || status === 204 || status === 304;
  const described = length !== undefined && status !== 204;
  try {
    outgoing.writeHead(status, described ? [...flat, 'content-length', String(length)] : flat);
    if (!bodiless) await pump(outgoing, body, described ? length : undefined, stall);
    if (outgoing.req.complete) outgoing.end();
    else endLater(outgoing.req, outgoing);
  } catch (error) {
    const { socket } = outgoing;
    // Without chunks the end of the connection is the end of the body: only a reset says that it is none.
    if (socket !== null && !outgoing.chunkedEncoding && length === undefined) socket.resetAndDestroy();
    outgoing.destroy();
    throw error;
  } finally {
    body.close();
  }
}

async function pump(
  outgoing: ServerResponse,
  body: OutgoingBody,
  length: number | undefined,
  stall: number,
): Promise<void> {
  outgoing.flushHeaders();
  let sent = 0;
  for (;;) {
    const piece = await body.next();
    if (outgoing.destroyed) return;
    if (piece === undefined) break;
    sent += piece.length;
    if (length !== undefined && sent > length) throw new StreamError(differs(sent, length));
    // In slices, since what a client takes is only seen where a slice ends.
    for (let at = 0; at < piece.length; at += slice) {
      if (!outgoing.write(piece.subarray(at, at + slice))) await drained(outgoing, stall);
      if (outgoing.destroyed) return;
    }
  }
  if (length !== undefined && sent < length) throw new StreamError(differs(sent, length));
}

function differs(sent: number, length: number): string {
  const how = sent > length ? `at least ${sent}` : sent;
  return `the app said content-length ${length}, and its body has ${how} bytes`;
}

function drained(outgoing: ServerResponse, stall: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = outgoing.writableLength;
    const settle = () => {
      clearInterval(timer);
      outgoing.off('drain', done).off('close', done);
    };
    const done = () => {
      settle();
      resolve();
    };
    // A slow client is served as long as it takes anything at all.
    const timer = setInterval(() => {
      if (outgoing.writableLength < left) return void (left = outgoing.writableLength);
      settle();
      reject(new StreamError('the client took nothing of the body for too long'));
    }, stall);
    outgoing.on('drain', done).on('close', done);
  });
}

/**
 * Ends an answer that is sent already once the request is over, or after a moment: hanging up on a client that is
 * still sending would reset the connection, and it would never see the answer.
 */
export function endLater(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const end = () => {
    clearTimeout(timer);
    outgoing.end();
  };
  const timer = setTimeout(end, 500);
  incoming.on('error', end).once('close', end).once('end', end).resume();
}
