import type { Hold } from 'spiderlightning:cloud/http-types@0.6.0';
import { witError } from './wit-error.ts';

/** What a host lets an app say of connections. */

/** Most channels of one connection. */
export const mostChannels = 64;
const longestName = 256;
const longestReason = 123;
const largestContext = 64 * 1024;

const bytesOf = (text: string): number => Buffer.byteLength(text);

/**
 * Whether a host would hold a connection like that.
 * @param offered - the subprotocols that the client offers
 * @throws {Error} with what the app did wrong
 */
export function checkHold({ kind, channels, context }: Hold, offered: readonly string[]): void {
  if (new Set(channels).size > mostChannels) throw refused(`it is put on more than ${mostChannels} channels`);
  for (const channel of channels) {
    const bytes = bytesOf(channel);
    if (bytes === 0 || bytes > longestName)
      throw refused(`it is put on a channel of ${bytes} bytes; names have 1 to ${longestName}`);
  }
  if (context.length > largestContext)
    throw refused(`its context has ${context.length} bytes; 64 KiB are the most`);
  if (kind.tag === 'websocket' && kind.val && !offered.includes(kind.val)) {
    throw refused(
      `the app chose the subprotocol "${kind.val}", which the client did not offer; ` +
        `connect(path, { protocols: ['${kind.val}'] }) offers it`,
    );
  }
}

function refused(why: string): Error {
  return new Error(`a host would answer 502 in place of this connection: ${why}`);
}

/** @throws what WIT calls an error */
export function checkChannel(channel: string): string {
  const bytes = bytesOf(channel);
  if (bytes > 0 && bytes <= longestName) return channel;
  throw witError('invalid-argument', `a channel's name has 1 to ${longestName} bytes, not ${bytes}`);
}

/** @throws what WIT calls an error */
export function checkEnd(code: number, reason: string): void {
  if (code !== 1000 && code !== 1011 && (code < 3000 || code > 4999)) {
    throw witError(
      'invalid-argument',
      `an app closes connections with code 1000, 1011 or one from 3000 to 4999, not ${code}`,
    );
  }
  const bytes = bytesOf(reason);
  if (bytes > longestReason)
    throw witError(
      'invalid-argument',
      `the reason for a close has at most ${longestReason} bytes, not ${bytes}`,
    );
}
