import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeLarge } from './http-body.ts';
import { BodyFailure } from './http-message.ts';
import type { IncomingBody } from './http-message.ts';

export interface IncomingLimits {
  /** Most bytes of the body. */
  readonly body: number;
  /** Milliseconds in which some bytes must come, whenever they are waited for. */
  readonly timeout: number;
  /** Hears why what the client sends is not taken, in words for the log. */
  readonly onRefused?: (reason: string) => void;
}

/** Up to here, in bytes, a body whose length is declared is read whole: that costs less than asking for it twice. */
const small = 64 * 1024;

/** Whether a body should be handed on as it comes. */
export function isLarge({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > small);
}

/**
 * A request's body as it comes. Nothing is taken from the connection beyond Node's own buffer until it is asked for, so
 * that a client is no faster than the reader.
 */
export function openIncoming(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  limits: IncomingLimits,
): IncomingBody {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  let size = 0;
  let failure: BodyFailure | undefined;
  let continued = incoming.headers.expect?.toLowerCase() !== '100-continue';
  // A connection that breaks while nobody reads is no error of this process.
  incoming.on('error', () => undefined);

  function fail(reason: BodyFailure['reason'], message: string): never {
    failure = new BodyFailure(reason, message);
    throw failure;
  }

  function tooLarge(): never {
    limits.onRefused?.(describeLarge(limits.body));
    return fail('too-large', `the body of the request is larger than this app takes (${limits.body} bytes)`);
  }

  return {
    async read(max) {
      if (failure !== undefined) throw failure;
      if (declared > limits.body) tooLarge();
      if (!continued && !outgoing.headersSent) outgoing.writeContinue();
      continued = true;
      for (;;) {
        const available = Math.min(max, incoming.readableLength);
        const chunk = available === 0 ? null : (incoming.read(available) as Buffer | null);
        if (chunk !== null) {
          size += chunk.length;
          if (size > limits.body) tooLarge();
          return chunk;
        }
        if (incoming.readableEnded) return undefined;
        if (incoming.destroyed) fail('broken-off', 'the request broke off before its body was complete');
        if ((await waitForMore(incoming, limits.timeout)) === 'timeout') {
          limits.onRefused?.(
            `nothing of the request's body came for ${limits.timeout / 1000} s (deadline below [limits])`,
          );
          fail('too-slow', 'the body of the request did not come in time');
        }
      }
    },
  };
}

function waitForMore(incoming: IncomingMessage, timeout: number): Promise<'event' | 'timeout'> {
  return new Promise((resolve) => {
    const settle = (how: 'event' | 'timeout') => {
      clearTimeout(timer);
      incoming.off('readable', more).off('end', more).off('close', more).off('error', more);
      resolve(how);
    };
    const more = () => settle('event');
    const timer = setTimeout(() => settle('timeout'), timeout);
    incoming.on('readable', more).on('end', more).on('close', more).on('error', more);
    // Reading nothing makes the stream look for more, and find its end.
    incoming.read(0);
  });
}
