import { randomFillSync } from 'node:crypto';

/** One place in a trace, as W3C Trace Context describes it. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether it is recorded. */
  readonly sampled: boolean;
  /** What other systems wrote beside it, as it came. */
  readonly state: string | undefined;
}

const parent = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** Members are `key=value`, printable and without commas; the standard bounds them at 32 and 512 characters. */
const stateMember =
  /^[ \t]*(?:[a-z\d][\w*/@-]{0,255}=[\u0020-\u002b\u002d-\u003c\u003e-\u007e]{1,256})?[ \t]*$/;

/**
 * The context that a request came with. Headers that are not as the standard says count as none.
 * @see https://www.w3.org/TR/trace-context/
 */
export function readTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  const match = traceparent === undefined ? null : parent.exec(traceparent);
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, more] = match;
  // Later versions may say more, after what this one says.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined;
  return {
    traceId: traceId!,
    spanId: spanId!,
    sampled: (parseInt(flags!, 16) & 1) === 1,
    state: tracestate !== undefined && isState(tracestate) ? tracestate : undefined,
  };
}

function isState(text: string): boolean {
  if (text.length > 512) return false;
  const members = text.split(',');
  return members.length <= 32 && members.every((member) => stateMember.test(member));
}

/** The value of `traceparent` for whoever is called from here. */
export function printTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

export const newTraceId = (): string => randomHex(16);

export const newSpanId = (): string => randomHex(8);
