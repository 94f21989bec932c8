import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpFailure } from './http-message.ts';

export interface BodyLimits {
  /** Most bytes of one body. */
  readonly body: number;
  /** Most bytes of all bodies that are held at the same time, each until its request is answered. */
  readonly total: number;
  /** Milliseconds in which a body must have come whole. */
  readonly timeout: number;
}

export interface BodyReader {
  /**
   * The body, whole.
   * @throws {HttpFailure} 413 as soon as it is known to be too large, 408 too slow, 400 broken off, 503 no room
   */
  read(incoming: IncomingMessage, response: ServerResponse): Promise<Uint8Array>;
}

const none = new Uint8Array();

/** Reads bodies into memory, within bounds for one and for all. */
export function createBodyReader(limits: BodyLimits): BodyReader {
  let held = 0;

  function collect(incoming: IncomingMessage, response: ServerResponse): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const settle = () => {
        clearTimeout(timer);
        incoming.off('data', take).off('end', finish).off('error', broken).off('close', broken);
      };
      const fail = (failure: HttpFailure) => {
        settle();
        held -= size;
        incoming.pause();
        reject(failure);
      };
      const take = (chunk: Buffer) => {
        size += chunk.length;
        held += chunk.length;
        if (size > limits.body) fail(tooLarge(limits.body));
        else if (held > limits.total) fail(noRoom(limits.total));
        else chunks.push(chunk);
      };
      const finish = () => {
        settle();
        response.once('close', () => (held -= size));
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size));
      };
      const broken = () => fail(new HttpFailure(400, 'The request broke off before its body was complete.'));
      const slow = () => fail(tooSlow(limits.timeout));
      const timer = setTimeout(slow, limits.timeout);
      incoming.on('data', take).on('end', finish).on('error', broken).on('close', broken);
    });
  }

  return {
    async read(incoming, response) {
      const { headers } = incoming;
      const length = headers['content-length'];
      if (headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) return none;
      if (length !== undefined && Number(length) > limits.body) throw tooLarge(limits.body);
      if (length !== undefined && held + Number(length) > limits.total) throw noRoom(limits.total);
      if (headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
      return await collect(incoming, response);
    },
  };
}

function tooLarge(limit: number): HttpFailure {
  return new HttpFailure(413, `The body is larger than this app takes (${limit} bytes).`, {
    reason: describeLarge(limit),
  });
}

function tooSlow(limit: number): HttpFailure {
  return new HttpFailure(408, 'The body of the request did not come in time.', {
    reason: `the body of the request did not come within ${limit / 1000} s (deadline below [limits])`,
  });
}

/** For the log: what has to be raised where such bodies are to be taken. */
export function describeLarge(limit: number): string {
  return `the body of the request is larger than ${limit} bytes (body below [limits])`;
}

function noRoom(total: number): HttpFailure {
  return new HttpFailure(503, 'The app is busy. Try again soon.', {
    headers: [['retry-after', '1']],
    reason: `the bodies of all requests at once are larger than ${total} bytes, which each worker has for them (workers below [limits])`,
  });
}
