import type { Dispatcher } from 'undici';
import type { MaybePromise } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { HostRule, Outgoing } from '../slightfile/model.ts';
import { requireReach } from './allow.ts';
import { startAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { describeFailure, stalled, tooLate } from './failure.ts';
import { followRedirect, readRequest } from './request.ts';
import type { Headers, OutgoingRequest, ResponseHead, Step } from './request.ts';

/** One request with its answer. What has come already is given at once. Everything throws or rejects with CapabilityError. */
export interface Exchange {
  write(bytes: Uint8Array): MaybePromise<void>;
  finish(): void;
  response(): MaybePromise<ResponseHead>;
  /** The next bytes, at most `max`; undefined at the end. */
  read(max: number): MaybePromise<Uint8Array | undefined>;
  /** Whether `response`, or after it `read`, answers at once. */
  readonly ready: boolean;
  /** Calls `listener` whenever that may have changed; gives what ends it. */
  listen(listener: () => void): () => void;
  /** Whether it is over, but for what the app has not read. */
  readonly over: boolean;
  close(): void;
}

/** Hears of one request; the URL has neither credentials nor the values of its query. */
export type ObserveRequest = (about: { readonly method: string; readonly url: URL }) => RequestObserver;

export interface RequestObserver {
  /** Headers that go with the request, in place of the app's own of those names. */
  readonly headers: Headers;
  /** It has a head, or failed. Called once. */
  end(status: number | undefined, error?: CapabilityError): void;
}

export interface ExchangeContext extends Pick<Outgoing, 'timeout' | 'idle'> {
  readonly rules: readonly HostRule[];
  /** Of the slightfile, for messages. */
  readonly path: string;
  readonly dispatcher: Dispatcher;
  readonly observe: ObserveRequest | undefined;
}

/**
 * Sends a request, and follows where it leads.
 * @throws {CapabilityError} `invalid-argument`, `permission-denied`
 */
export function startExchange(context: ExchangeContext, request: OutgoingRequest): Exchange {
  let step = readRequest(request);
  requireReach(context.rules, step.url, context.path);
  const patience = Math.min(request.timeout ?? context.timeout, context.timeout);
  const observer = context.observe?.({ method: step.method, url: step.url });
  const listeners = new Set<() => void>();
  let head: ResponseHead | undefined;
  let taken = false;
  let failure: CapabilityError | undefined;
  let closed = false;
  let clock: NodeJS.Timeout | undefined;
  let answer = send(step);
  if (request.body !== 'stream') startClock();

  function send(next: Step): Answer {
    const extra = observer?.headers ?? [];
    const headers = next.headers.filter(([name]) => !extra.some(([other]) => other === name));
    return startAnswer(context.dispatcher, { ...next, headers }, extra, () => {
      // What an answer says that was left behind by a redirect is of no interest.
      if (next === step) look();
    });
  }

  function startClock(): void {
    clock ??= setTimeout(() => fail(tooLate(step, patience)), patience);
  }

  function look(): void {
    if (closed || failure !== undefined) return;
    if (head === undefined && answer.head !== undefined) return arrive(answer.head);
    if (head === undefined && answer.failure !== undefined)
      return fail(describeFailure(step, answer.failure));
    tell();
  }

  function arrive({ status, headers }: NonNullable<Answer['head']>): void {
    let next: Step | undefined;
    try {
      next = followRedirect(step, status, headers, request.redirect);
      if (next !== undefined) requireReach(context.rules, next.url, context.path);
    } catch (error) {
      return fail(describeFailure(step, error));
    }
    if (next === undefined) {
      clearTimeout(clock);
      head = { status, headers, url: step.url.href, redirected: step.hops > 0 };
      observer?.end(status);
      return tell();
    }
    const left = answer;
    step = next;
    answer = send(next);
    left.end(new Error('the answer leads elsewhere'));
    startClock();
  }

  function fail(error: CapabilityError): void {
    if (failure !== undefined || closed) return;
    clearTimeout(clock);
    failure = error;
    if (head === undefined) observer?.end(undefined, error);
    answer.end(error);
    tell();
  }

  function tell(): void {
    for (const listener of listeners) listener();
  }

  /** Waits until there is something to answer; then the exchange is looked at anew. */
  function until<T>(done: () => boolean, then: () => T, idle?: () => CapabilityError): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = idle && setTimeout(() => fail(idle()), context.idle);
      const look = () => {
        if (!done() && failure === undefined && !closed) return;
        clearTimeout(timer);
        listeners.delete(look);
        try {
          resolve(then());
        } catch (error) {
          reject(error as Error);
        }
      };
      listeners.add(look);
    });
  }

  function requireOpen(): void {
    if (failure !== undefined) throw failure;
    if (closed)
      throw new CapabilityError('cancelled', `outgoing HTTP to ${step.url.origin}: the request was given up`);
  }

  function requireStream(): void {
    if (request.body === 'stream') return;
    throw new CapabilityError(
      'invalid-argument',
      `outgoing HTTP to ${step.url.origin}: the body of this request is whole already. Send it with the body stream`,
    );
  }

  const takeHead = (): ResponseHead => {
    requireOpen();
    taken = true;
    return head!;
  };
  const takePiece = (max: number): Uint8Array | undefined => {
    const piece = answer.take(max);
    if (piece !== undefined) return piece;
    requireOpen();
    if (answer.failure !== undefined) throw describeFailure(step, answer.failure);
    return undefined;
  };

  return {
    write(bytes) {
      requireStream();
      if (head !== undefined) return undefined;
      requireOpen();
      if (bytes.length === 0 || answer.write(bytes)) return undefined;
      return until(
        () => head !== undefined || answer.roomy,
        () => {
          if (head === undefined) requireOpen();
        },
        () => stalled(step, context.idle, true),
      );
    },
    finish() {
      requireStream();
      if (head !== undefined) return;
      requireOpen();
      answer.finish();
      startClock();
    },
    response() {
      if (head !== undefined || failure !== undefined || closed) return takeHead();
      return until(() => head !== undefined, takeHead);
    },
    read(max) {
      if (max === 0)
        throw new CapabilityError(
          'invalid-argument',
          `outgoing HTTP to ${step.url.origin}: read takes at least one byte`,
        );
      taken ||= head !== undefined;
      if (failure !== undefined || closed || (head !== undefined && answer.readable)) return takePiece(max);
      return until(
        () => head !== undefined && answer.readable,
        () => takePiece(max),
        // Before the head its own clock runs.
        head === undefined ? undefined : () => stalled(step, context.idle, false),
      );
    },
    get ready() {
      if (failure !== undefined || closed) return true;
      return head !== undefined && (!taken || answer.readable);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get over() {
      return (
        closed ||
        failure !== undefined ||
        (head !== undefined && (answer.whole || answer.failure !== undefined))
      );
    },
    close() {
      if (closed) return;
      clearTimeout(clock);
      closed = true;
      const reason = new CapabilityError(
        'cancelled',
        `outgoing HTTP to ${step.url.origin}: the request was given up`,
      );
      if (head === undefined && failure === undefined) observer?.end(undefined, reason);
      answer.end(reason);
      tell();
    },
  };
}
