import { textOf } from './answer.ts';
import type { Answer } from './answer.ts';

/** An answer as the Fetch Standard has it: the global `Response`. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What a handler may give back. */
export type Reply = Answer | ResponseLike;

/**
 * Takes what a handler gave back for the answer that it is. `who` is a sentence's beginning: `the handler of GET /`.
 * @throws {TypeError} where it is none
 */
export async function toAnswer(reply: unknown, who: string): Promise<Answer> {
  if (isAnswer(reply)) return reply;
  if (isResponse(reply))
    return {
      status: reply.status,
      headers: [...reply.headers],
      body: new Uint8Array(await reply.arrayBuffer()),
    };
  throw new TypeError(
    `${who} gave ${reply === null ? 'null' : typeof reply}, which is no answer: ` +
      'return json(…), text(…), html(…), bytes(…), status(…), redirect(…) or a Response',
  );
}

/** Whether a reply is an answer as it stands. */
export function isAnswer(reply: unknown): reply is Answer {
  if (typeof reply === 'object' && reply !== null && textOf(reply) !== undefined) return true;
  const { status, headers, body } = (reply ?? {}) as Partial<Answer>;
  return typeof status === 'number' && Array.isArray(headers) && body instanceof Uint8Array;
}

function isResponse(reply: unknown): reply is ResponseLike {
  const { status, arrayBuffer } = (reply ?? {}) as Partial<ResponseLike>;
  return typeof status === 'number' && typeof arrayBuffer === 'function';
}
