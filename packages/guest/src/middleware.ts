import type { Answer } from './answer.ts';
import { answerError } from './failure.ts';
import type { ErrorHandler } from './failure.ts';
import { splitPath } from './pattern.ts';
import { isAnswer, toAnswer } from './reply.ts';
import type { Reply } from './reply.ts';
import type { GuestRequest } from './request.ts';

/** Goes on to what comes after, and gives its answer. It never throws: an error has become an answer by then. */
export type Next = () => Promise<Answer>;

/** Stands before handlers: it answers by itself, or returns what `next()` gives, changed or not. */
export type Middleware = (req: GuestRequest, next: Next) => Reply | Promise<Reply>;

type RequestHandler = (req: GuestRequest) => unknown;

/** One step of a request's way, and which paths it is for. */
export interface Step {
  readonly run: Middleware;
  readonly prefix: readonly string[];
}

/** Reads the path below which a middleware stands. @throws {TypeError} where it is no plain path */
export function parsePrefix(prefix: string): readonly string[] {
  const path = prefix.replace(/\/\*?$/, '');
  if ((path !== '' && !path.startsWith('/')) || /[?#*]|\/:/.test(path))
    throw new TypeError(
      `the path ${JSON.stringify(prefix)} of a middleware must begin with a slash and name no parameters: a ` +
        'middleware sees those of the route',
    );
  return path === '' ? [] : (splitPath(path) ?? path.slice(1).split('/'));
}

/** Whether the path with these parts is the prefix or lies below it. A path that cannot be read lies below `/` only. */
export function isBelow(prefix: readonly string[], parts: readonly string[] | undefined): boolean {
  return prefix.every((part, index) => parts?.[index] === part);
}

/** Runs the steps from the first, each around those after it, and the handler as the innermost. */
export function runSteps(
  steps: readonly Middleware[],
  handler: RequestHandler,
  req: GuestRequest,
  onError: ErrorHandler | undefined,
): Promise<Answer> {
  return steps.length === 0 ? runHandler(handler, req, onError) : runFrom(0);

  async function runFrom(index: number): Promise<Answer> {
    const step = steps[index];
    if (step === undefined) return runHandler(handler, req, onError);
    try {
      let went = false;
      const reply = await step(req, () => {
        if (went) throw new Error('a middleware called next() twice');
        went = true;
        return runFrom(index + 1);
      });
      return await toAnswer(
        reply,
        `a middleware on ${req.method} ${req.path}${went ? ' (return what next() gives)' : ''}`,
      );
    } catch (error) {
      return await answerError(error, req, onError);
    }
  }
}

async function runHandler(
  handler: RequestHandler,
  req: GuestRequest,
  onError: ErrorHandler | undefined,
): Promise<Answer> {
  try {
    const reply = await handler(req);
    if (isAnswer(reply)) return reply;
    return await toAnswer(reply, `the handler of ${req.method} ${req.path}`);
  } catch (error) {
    return await answerError(error, req, onError);
  }
}
