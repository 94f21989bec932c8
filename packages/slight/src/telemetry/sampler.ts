import { newSpanId, newTraceId } from './context.ts';
import type { TraceContext } from './context.ts';

export interface Sampling {
  /** How many of the traces that begin here are recorded: 0 to 1. */
  readonly ratio: number;
  /** Whether a request that comes with a context is recorded just where its sender records it. */
  readonly parentBased: boolean;
}

/** 52 bits, as many as a number holds exactly. */
const digits = 13;
const range = 16 ** digits;

/** The context of a request that came with `parent`, or without any. */
export function startContext(
  parent: TraceContext | undefined,
  { ratio, parentBased }: Sampling,
): TraceContext {
  const traceId = parent?.traceId ?? newTraceId();
  const sampled =
    parent !== undefined && parentBased
      ? parent.sampled
      : // By the trace's id, so that every system that takes part decides alike.
        parseInt(traceId.slice(-digits), 16) < ratio * range;
  return { traceId, spanId: newSpanId(), sampled, state: parent?.state };
}
