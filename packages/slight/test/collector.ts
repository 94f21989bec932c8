import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector gets it, its attributes by name. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  readonly attributes: { readonly [name: string]: string | number };
  /** What its process says of itself. */
  readonly resource: { readonly [name: string]: string | number };
}

/** An OpenTelemetry collector on loopback that keeps what it gets. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Everything that came, as it came. */
  text(): string;
  /** The headers of the last delivery. */
  headers(): NodeJS.Dict<string | string[]>;
  /** It answers with this status, and keeps nothing unless that is 200. */
  answer(status: number): void;
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
  };
}

interface Delivery {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes'> & {
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status?: { readonly code: number };
        readonly attributes: readonly Attribute[];
      })[];
    }[];
  }[];
}

export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  let headers: NodeJS.Dict<string | string[]> = {};
  let status = 200;
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
    incoming.on('end', () => {
      if (incoming.method !== 'POST' || incoming.url !== '/v1/traces') return outgoing.writeHead(404).end();
      headers = incoming.headers;
      if (status === 200) {
        texts.push(text);
        spans.push(...readDelivery(JSON.parse(text) as Delivery));
      }
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => texts.join('\n'),
    headers: () => headers,
    answer: (given) => void (status = given),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function readDelivery({ resourceSpans }: Delivery): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes, startTimeUnixNano, endTimeUnixNano, status, ...span }) => ({
        ...span,
        start: BigInt(startTimeUnixNano),
        end: BigInt(endTimeUnixNano),
        failed: status?.code === 2,
        attributes: readAttributes(attributes),
        resource: readAttributes(resource.attributes),
      })),
    ),
  );
}

function readAttributes(attributes: readonly Attribute[]): { [name: string]: string | number } {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}

/** One sample of `/metrics`: `name{label="value"}` to its value. */
export type Metrics = ReadonlyMap<string, number>;

/**
 * Reads the text format of Prometheus, strictly.
 * @throws {Error} where a line is none of it, a sample comes twice, or a name has no type
 */
export function readMetrics(text: string): Metrics {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const about = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (about !== null) {
      const [, what, name, rest] = about;
      if (what === 'TYPE') {
        if (types.has(name!)) throw new Error(`${name} has two types`);
        types.set(name!, rest!);
      }
      continue;
    }
    const sample =
      /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)+\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name, labels = '', value] = sample;
    if (!types.has(name!) && types.get(name!.replace(/_(bucket|sum|count)$/, '')) !== 'histogram')
      throw new Error(`${name} has no type`);
    if (samples.has(name! + labels)) throw new Error(`${name}${labels} comes twice`);
    samples.set(name! + labels, Number(value));
  }
  return samples;
}
