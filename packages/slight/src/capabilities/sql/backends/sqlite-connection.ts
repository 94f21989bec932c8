import type { Socket } from 'node:net';
import { CapabilityError } from '../../core/error.ts';
import type { Engine } from './sqlite-engine.ts';
import { splitFrames, writeFrame, type Call, type Farewell, type Reply } from './sqlite-frames.ts';

/** What a call of the runner comes to. */
type Answer<Method extends keyof Engine> = ReturnType<Engine[Method]>;

/** The host's end of one process that runs SQL. It does one thing at a time. */
export interface Connection {
  /** Whether it has ended, and takes nothing any more. */
  readonly gone: boolean;
  /**
   * @param end when the answer must be there, by `performance.now()`; the process is ended then
   * @throws {CapabilityError} what the engine threw; `RunnerEnded` where the process ended meanwhile
   */
  call<Method extends keyof Engine>(
    method: Method,
    args: Parameters<Engine[Method]>,
    end: number,
  ): Promise<Answer<Method>>;
  /** Ends the process. What is under way there is undone. */
  close(): void;
}

/** The process ended before it had answered. */
export class RunnerEnded extends Error {
  readonly reason: Farewell['ended'] | 'gone';
  constructor(reason: RunnerEnded['reason']) {
    super(`the process that runs SQL ended: ${reason}`);
    this.reason = reason;
  }
}

interface Waiting {
  readonly end: number;
  readonly timer: NodeJS.Timeout;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Milliseconds that the process has to end itself before it is given up. */
const grace = 200;

export function connectRunner(socket: Socket): Connection {
  let waiting: Waiting | undefined;
  let reason: RunnerEnded['reason'] = 'gone';
  let turn: Promise<unknown> = Promise.resolve();
  let asked = 0;
  let gone = false;

  socket.unref();
  socket.on('error', () => undefined);
  socket.on('close', () => {
    gone = true;
    settle()?.reject(new RunnerEnded(reason));
  });
  socket.on(
    'data',
    splitFrames((frame) => {
      const reply = frame as Reply;
      if ('ended' in reply) reason = reply.ended;
      else if ('value' in reply) settle()?.resolve(reply.value);
      else settle()?.reject(new CapabilityError(reply.failure.code, reply.failure.message, reply.failure));
    }),
  );

  function settle(): Waiting | undefined {
    const settled = waiting;
    waiting = undefined;
    clearTimeout(settled?.timer);
    if (!gone) socket.unref();
    return settled;
  }

  function ask(call: Omit<Call, 'within'>, end: number): Promise<unknown> {
    const within = end - performance.now();
    if (gone) return Promise.reject(new RunnerEnded(reason));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          reason = 'deadline';
          socket.destroy();
        },
        Math.max(0, within) + grace,
      );
      waiting = { end, timer, resolve, reject };
      socket.ref();
      socket.write(writeFrame({ ...call, within } satisfies Call));
    });
  }

  return {
    get gone() {
      return gone;
    },
    call<Method extends keyof Engine>(method: Method, args: Parameters<Engine[Method]>, end: number) {
      // One that finds nothing under way begins at once.
      const answer = asked++ === 0 ? ask({ method, args }, end) : turn.then(() => ask({ method, args }, end));
      const over = (): void => void asked--;
      turn = answer.then(over, over);
      return answer as Promise<Answer<Method>>;
    },
    close() {
      gone = true;
      socket.destroy();
    },
  };
}
