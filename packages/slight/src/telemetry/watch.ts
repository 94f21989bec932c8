import type { TraceContext } from './context.ts';

/** Follows one request, for traces and metrics. */
export interface RequestWatch {
  /** Undefined where requests are not traced. */
  readonly context: TraceContext | undefined;
  /** The request's headers as the app gets them: with the context of this request in place of the client's. */
  passOn(headers: [string, string][]): [string, string][];
  /** Why the app did not answer: `cpu`, `unreachable`, `busy` … */
  fail(reason: string): void;
  /** It is over. `status` is the one of the access log, `milliseconds` counts from its head. */
  end(status: number, milliseconds: number): void;
}

/** What of a request's head is recorded. */
export interface RequestHead {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  readonly id: string;
  readonly version: string;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** What of an event is recorded: a call of the app that is no request. */
export interface EventHead {
  /** What kind of thing caused it. */
  readonly trigger: 'schedule' | 'watch' | 'subscription' | 'command' | 'connection';
  /** The trigger's name in the slightfile; of a held connection what happened on it. */
  readonly name: string;
  readonly id: string;
  /** Where it goes on with the trace of whoever caused it. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /**
   * The request that it goes back to, for an event long after that is over: a trace of its own, with a link to that one. It is
   * recorded where that one is.
   */
  readonly link?: TraceContext | undefined;
  /** Messages that came together. */
  readonly messages?: number;
}

/** Follows one event. */
export interface EventWatch extends Pick<RequestWatch, 'context' | 'passOn' | 'fail'> {
  /** It is over: `ok`, what became of messages that are not done (`nack`, `dead`), or why it failed. */
  end(outcome: string, milliseconds: number): void;
}
