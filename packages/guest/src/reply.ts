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
  const error = new TypeError(
    `${who} gave ${describe(reply)}, which is no answer: ` +
      'return json(…), text(…), html(…), bytes(…), status(…), redirect(…) or a Response',
  );
  // All of its lines are the SDK's, and the handler has returned: they would lead nowhere.
  error.stack = '';
  throw error;
}

function describe(reply: unknown): string {
  if (reply === null || reply === undefined) return String(reply);
  if ('handle' in Object(reply)) return 'a router (call it first: export default router())';
  return typeof reply === 'object' ? 'an object' : `a ${typeof reply}`;
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
