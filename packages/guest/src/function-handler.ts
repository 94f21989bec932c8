import type { Request, Response } from 'spiderlightning:cloud/http-types@0.6.0';
import type { Answer } from './answer.ts';
import { answerError } from './failure.ts';
import { isAnswer, toAnswer } from './reply.ts';
import { GuestRequest } from './request.ts';

type Handle = (request: Request) => Promise<Response | Answer>;

/**
 * An app that is a function in place of a router. What it throws, or gives that is no answer, is logged and becomes a 500
 * as from a handler; without this it would be a trap, which names no line of the author's. Any other app is given back.
 */
export function guardFunction(app: unknown): unknown {
  if (typeof app !== 'function' || isClass(app)) return app;
  const handle: Handle = async (request) => {
    try {
      const reply = (await app(request)) as unknown;
      if (isAnswer(reply) || isResponse(reply)) return reply;
      return await toAnswer(reply, `the default export is a function, which`);
    } catch (error) {
      return await answerError(error, new GuestRequest(request, {}), undefined);
    }
  };
  return handle;
}

/** Whether it is a response as the interface has it. */
function isResponse(reply: unknown): reply is Response {
  return typeof (reply as Partial<Response> | null | undefined)?.body?.tag === 'string';
}

/** Whether it is a class: a function that nobody may call. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
