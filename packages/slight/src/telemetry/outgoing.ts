import { newSpanId, printTraceparent } from './context.ts';
import type { TraceContext } from './context.ts';
import { codeOf, nameMethod } from './names.ts';
import { spanKind } from './span.ts';
import type { Span } from './span.ts';

/** Follows one request to another server, until its answer has a head. */
export interface OutgoingWatch {
  /** What goes with the request, so that the server's trace continues this one. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `status`: undefined where it failed. */
  end(status: number | undefined, error?: unknown): void;
}

/** Hears that a request to another server begins. */
export type WatchOutgoing = (about: { readonly method: string; readonly url: URL }) => OutgoingWatch;

export interface OutgoingReport {
  /** The request that the app is answering. */
  current(): TraceContext | undefined;
  add(span: Span): void;
  count(labels: { readonly [name: string]: string }, seconds: number): void;
}

/** Makes a span and a number of each request to another server. */
export function watchOutgoing({ current, add, count }: OutgoingReport): WatchOutgoing {
  return ({ method, url }) => {
    const start = performance.now();
    const parent = current();
    const context = parent && { ...parent, spanId: newSpanId() };
    return {
      headers: context === undefined ? [] : writeHeaders(context),
      end(status, error) {
        const end = performance.now();
        const outcome = error === undefined ? 'ok' : codeOf(error);
        const name = nameMethod(method);
        count({ capability: 'outgoing', operation: name, outcome }, (end - start) / 1_000);
        if (!context?.sampled) return;
        const failed = outcome !== 'ok' || (status !== undefined && status >= 400);
        const attributes: [string, string | number][] = [
          ['http.request.method', name],
          ['url.full', hideValues(url)],
          ['server.address', url.hostname],
          ['server.port', Number(url.port) || (url.protocol === 'https:' ? 443 : 80)],
        ];
        if (name !== method) attributes.push(['http.request.method_original', method.slice(0, 32)]);
        if (status !== undefined) attributes.push(['http.response.status_code', status]);
        if (failed) attributes.push(['error.type', outcome === 'ok' ? String(status) : outcome]);
        add({
          context,
          parentId: parent!.spanId,
          name: name === '_OTHER' ? 'HTTP' : name,
          kind: spanKind.client,
          start,
          end,
          attributes,
          failed,
        });
      },
    };
  };
}

function writeHeaders(context: TraceContext): OutgoingWatch['headers'] {
  const headers: [string, string][] = [['traceparent', printTraceparent(context)]];
  if (context.state !== undefined) headers.push(['tracestate', context.state]);
  return headers;
}

/** The URL without what may be secret in it: user, password and the values of its query. */
export function hideValues({ origin, pathname, searchParams }: URL): string {
  const names = [...new Set(searchParams.keys())].map((name) => `${encodeURIComponent(name)}=***`);
  return `${origin}${pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`;
}
