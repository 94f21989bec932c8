import type { TraceContext } from './context.ts';

/** As OTLP numbers them. */
export const spanKind = { internal: 1, server: 2, client: 3, consumer: 5 } as const;

/** Names are those of the OpenTelemetry semantic conventions where these have one. */
export type Attributes = readonly (readonly [name: string, value: string | number])[];

/** Something that took time, when it is over. */
export interface Span {
  readonly context: TraceContext;
  readonly parentId: string | undefined;
  /** Another trace that has to do with this one. */
  readonly link?: TraceContext | undefined;
  readonly name: string;
  readonly kind: (typeof spanKind)[keyof typeof spanKind];
  /** Milliseconds of `performance.now()`. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
}
