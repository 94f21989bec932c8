import type { Attributes, Span } from './span.ts';

/** What every span of this process has in common. */
export interface Source {
  /** `service.name` and the like. */
  readonly attributes: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
}

/**
 * Spans as the JSON that OTLP collectors take at `/v1/traces`.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export function encodeSpans(source: Source, spans: readonly Span[]): string {
  const origin = timeOrigin();
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: source.attributes.map(encodeAttribute) },
        scopeSpans: [{ scope: source.scope, spans: spans.map((span) => encodeSpan(span, origin)) }],
      },
    ],
  });
}

function encodeSpan(span: Span, origin: number) {
  const { context, parentId, link, name, kind, start, end, attributes, failed } = span;
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.state !== undefined && { traceState: context.state }),
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name,
    kind,
    startTimeUnixNano: nanoseconds(origin + start),
    endTimeUnixNano: nanoseconds(origin + end),
    attributes: attributes.map(encodeAttribute),
    ...(link !== undefined && { links: [{ traceId: link.traceId, spanId: link.spanId }] }),
    ...(failed && { status: { code: 2 } }),
  };
}

function encodeAttribute([key, value]: Attributes[number]) {
  return {
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : Number.isInteger(value)
          ? { intValue: String(value) }
          : { doubleValue: value },
  };
}

function nanoseconds(milliseconds: number): string {
  // In two parts: together they are beyond what a number holds exactly.
  const whole = Math.floor(milliseconds);
  return `${whole}${String(Math.floor((milliseconds - whole) * 1e6)).padStart(6, '0')}`;
}

let correction = 0;

/**
 * The time at which `performance.now()` was 0. The system's clock may have been set since; small differences are left,
 * so that spans that were sent apart still fit each other.
 */
function timeOrigin(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now());
  if (Math.abs(drift - correction) > 100) correction = drift;
  return performance.timeOrigin + correction;
}
