import { basename } from 'node:path';
import type { Slightfile } from '../slightfile/model.ts';
import type { Sampling } from './sampler.ts';
import type { Attributes } from './span.ts';

type Environment = { readonly [name: string]: string | undefined };

/** Where and how spans are delivered. */
export interface TraceSettings {
  /** Whole. May hold credentials. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeout: number;
  readonly queue: number;
  readonly batch: number;
  readonly delay: number;
  readonly sampling: Sampling;
  /** `service.name` and what `OTEL_RESOURCE_ATTRIBUTES` says. */
  readonly resource: Attributes;
}

/**
 * What is to be traced and where it goes: the slightfile, and over it the variables of the OpenTelemetry specification.
 * Undefined where nobody asks for traces. What cannot be used is reported and left out: a mistake here is no reason not
 * to serve.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readTraceSettings(
  { telemetry, app }: Pick<Slightfile, 'telemetry' | 'app'>,
  environment: Environment,
  report: (problem: string) => void = () => undefined,
): TraceSettings | undefined {
  // Empty counts as unset, says the specification.
  const read = (name: string) => environment[name]?.trim() || undefined;
  const readOf = (name: string) =>
    read(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? read(`OTEL_EXPORTER_OTLP_${name}`);
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  const exporter = read('OTEL_TRACES_EXPORTER');
  if (exporter === 'none') return undefined;
  const exact = read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const given = exact ?? read('OTEL_EXPORTER_OTLP_ENDPOINT') ?? telemetry.traces;
  if (given === undefined) return undefined;

  const url = readUrl(given, exact !== undefined);
  if (url === undefined) {
    report('traces are not sent: the endpoint is no http:// or https:// address');
    return undefined;
  }
  if (exporter !== undefined && exporter !== 'otlp') {
    report(`OTEL_TRACES_EXPORTER=${exporter} is not known here (otlp, none); traces are sent with OTLP`);
  }
  if (readOf('PROTOCOL') === 'grpc') {
    report(
      'OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken here: traces are sent over HTTP, usually to port 4318',
    );
  }
  const count = (name: string, usual: number, least = 1) => {
    const text = read(name);
    if (text === undefined) return usual;
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    report(`${name} is no whole number from ${least}; ${usual} is used`);
    return usual;
  };
  const timeout = count('OTEL_EXPORTER_OTLP_TIMEOUT', 10_000);
  const queue = count('OTEL_BSP_MAX_QUEUE_SIZE', 2_048);
  return {
    url,
    headers: readHeaders(readOf('HEADERS'), report),
    timeout: count('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', timeout),
    queue,
    batch: Math.min(queue, count('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512)),
    delay: count('OTEL_BSP_SCHEDULE_DELAY', 5_000, 0),
    sampling: readSampling(
      read('OTEL_TRACES_SAMPLER'),
      read('OTEL_TRACES_SAMPLER_ARG'),
      telemetry.sample,
      report,
    ),
    resource: readResource(read, telemetry.service ?? basename(app.component, '.wasm')),
  };
}

/** An address without a path is completed, as is the one for all signals; one for traces alone is taken as it is. */
function readUrl(text: string, exact: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (!exact && !url.pathname.endsWith('/v1/traces'))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

/** `name=value,name=value`, percent-encoded. */
function readHeaders(
  text: string | undefined,
  report: (problem: string) => void,
): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of readPairs(text)) {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\u0020-\u007e]*$/.test(value))
      headers[name.toLowerCase()] = value;
    // Which of them is not said: the text may hold a credential.
    else report('OTEL_EXPORTER_OTLP_HEADERS: an entry is no header, and is left out');
  }
  return headers;
}

function readPairs(text: string | undefined): [name: string, value: string][] {
  return (text ?? '').split(',').flatMap((part): [string, string][] => {
    const end = part.indexOf('=');
    if (end < 1) return [];
    const value = part.slice(end + 1).trim();
    try {
      return [[part.slice(0, end).trim(), decodeURIComponent(value)]];
    } catch {
      return [[part.slice(0, end).trim(), value]];
    }
  });
}

function readSampling(
  sampler: string | undefined,
  argument: string | undefined,
  sample: number | undefined,
  report: (problem: string) => void,
): Sampling {
  const usual = { ratio: sample ?? 1, parentBased: true };
  if (sampler === undefined) return usual;
  const match = /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(sampler);
  if (match === null) {
    report(`OTEL_TRACES_SAMPLER=${sampler} is not known here; parentbased_always_on is used`);
    return usual;
  }
  const parentBased = match[1] !== undefined;
  if (match[2] !== 'traceidratio') return { ratio: match[2] === 'always_on' ? 1 : 0, parentBased };
  const ratio = argument === undefined ? 1 : Number(argument);
  if (ratio >= 0 && ratio <= 1) return { ratio, parentBased };
  report('OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1; 1 is used');
  return { ratio: 1, parentBased };
}

function readResource(read: (name: string) => string | undefined, usualName: string): Attributes {
  const given = new Map(readPairs(read('OTEL_RESOURCE_ATTRIBUTES')));
  given.set('service.name', read('OTEL_SERVICE_NAME') ?? given.get('service.name') ?? usualName);
  return [...given];
}
