import { CapabilityError } from '../core/error.ts';
import type { Header, PublishOptions } from './contract.ts';

/** Bytes. Servers of messages refuse more. */
export const largestBody = 1024 * 1024;
/** Bytes of UTF-8: names and values of all headers. */
export const largestHeaders = 8 * 1024;
const longestTopic = 200;
const longestKey = 256;
const longestId = 128;
/** Milliseconds: a year. */
export const longestDelay = 365 * 24 * 3_600_000;
/** Most receipts or ids of one call. */
const mostAtOnce = 1_000;

/** Names of headers that begin so are the host's. */
const reserved = 'slight-';

function invalid(message: string, detail?: unknown): CapabilityError {
  return new CapabilityError('invalid-argument', message, { detail });
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkTopic(topic: string): void {
  if (topic.length <= longestTopic && /^[\w-]+(\.[\w-]+)*$/.test(topic)) return;
  throw invalid(
    `${quote(topic)} is no topic. It has 1 to ${longestTopic} characters: letters, digits, "_" and "-" in parts with dots between, such as orders.created`,
  );
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkPatterns(topics: readonly string[]): void {
  if (topics.length < 1 || topics.length > 100)
    throw invalid(`${topics.length} topics. A group or listener has 1 to 100`);
  for (const topic of topics) {
    if (topic.length <= longestTopic && /^(([\w-]+|\*)\.)*([\w-]+|\*|>)$/.test(topic)) continue;
    throw invalid(
      `${quote(topic)} is no pattern of topics. It is a topic in which * may stand for a part, and > at the end for all that follow`,
    );
  }
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkGroup(group: string): void {
  if (/^[\w-]{1,64}$/.test(group)) return;
  throw invalid(`${quote(group)} is no name of a group. It has 1 to 64 letters, digits, "_" and "-"`);
}

/** @throws {CapabilityError} `invalid-argument`, with the limit in `detail` */
export function checkBody(body: Uint8Array): void {
  if (body.byteLength <= largestBody) return;
  throw invalid(
    `the body has ${body.byteLength} bytes. A message has up to 1 MiB; keep more in a store and send its key`,
    { limit: largestBody },
  );
}

/** @throws {CapabilityError} `invalid-argument`, with the limit in `detail` where it is about that */
export function checkHeaders(headers: readonly Header[] = []): void {
  let bytes = 0;
  const names = new Set<string>();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~\w-]{1,128}$/.test(name) || lower.startsWith(reserved))
      throw invalid(
        `${quote(name)} is no name of a header. It has 1 to 128 letters, digits and signs such as "-", and does not begin with "${reserved}"`,
      );
    if (names.has(lower)) throw invalid(`the header ${quote(name)} stands there twice`);
    if (/[\r\n\0]/.test(value) || !value.isWellFormed())
      throw invalid(`the header ${quote(name)} has a value with line breaks or broken characters`);
    names.add(lower);
    bytes += name.length + Buffer.byteLength(value);
  }
  if (bytes <= largestHeaders) return;
  throw invalid(`the headers have ${bytes} bytes. A message has up to 8 KiB of them`, {
    limit: largestHeaders,
  });
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkOptions({ headers, key, delay, id }: PublishOptions): void {
  checkHeaders(headers);
  if (key !== undefined) checkText('key', key, longestKey);
  if (id !== undefined) checkText('id', id, longestId);
  if (delay !== undefined) checkDelay(delay);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkDelay(delay: number): void {
  if (delay >= 0 && delay <= longestDelay) return;
  throw invalid(`a delay of ${delay} ms. It is 0 or above, and at most a year`);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkWait(wait: number): void {
  if (!(wait >= 0)) throw invalid(`a wait of ${wait} ms. It is 0 or above`);
}

/** @throws {CapabilityError} `invalid-argument` */
export function checkMany(what: string, given: readonly string[]): void {
  if (given.length <= mostAtOnce) return;
  throw invalid(`${given.length} ${what}. One call takes up to ${mostAtOnce}`);
}

/** A number of things that is a wish, brought into range. */
export function boundCount(wish: number | undefined, usual: number, most: number): number {
  return Math.min(Math.max(Math.trunc(wish ?? usual) || 1, 1), most);
}

function checkText(what: string, text: string, most: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes < 1 || bytes > most)
    throw invalid(`the ${what} has ${bytes} bytes of UTF-8. It has 1 to ${most}`);
  if (!text.isWellFormed() || /\p{Cc}/u.test(text))
    throw invalid(`the ${what} has control characters or half a surrogate pair`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** What a backend answers to receipts that no longer hold. */
export function expiredReceipts(expired: readonly string[]): CapabilityError {
  return new CapabilityError(
    'precondition-failed',
    `the lease of ${expired.length === 1 ? 'the message' : `${expired.length} messages`} has ended: it may be with another consumer. Raise \`lease\`, or answer sooner`,
    { detail: { expired } },
  );
}

export function noGroup(group: string): CapabilityError {
  return new CapabilityError(
    'not-found',
    `there is no group ${quote(group)}. Subscribe it first; a group has what was published since`,
  );
}

export function brokenCursor(): CapabilityError {
  return invalid('the cursor is not from an earlier page of this listing. Begin without a cursor');
}
