import { readFileSync } from 'node:fs';
import type { ObserveCall } from '../capabilities/core/observe.ts';
import type { CapabilityName, Opened, Opener, Operations } from '../capabilities/core/capability.ts';
import { describeOperations, observedClass } from '../capabilities/core/observe.ts';
import type { Reported } from '../capabilities/core/observe.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import type { Openers } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { parsePlace } from '../slightfile/place.ts';
import type { TraceSettings } from '../telemetry/settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Log } from './log/log.ts';

/**
 * What is to be traced, and where it goes; undefined where nobody asks.
 * @param report - hears of settings that cannot be used
 */
export async function findTraces(
  file: Slightfile,
  report: (problem: string) => void,
): Promise<TraceSettings | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = process.env;
  if (!file.telemetry.traces && !all && !traces) return undefined;
  const { readTraceSettings } = await import('../telemetry/settings.ts');
  return readTraceSettings(file, process.env, report);
}

/** Undefined, and nothing loaded, where neither traces nor metrics are asked for. */
export async function openTelemetry(
  file: Slightfile,
  traces: TraceSettings | undefined,
  log: Log,
): Promise<Telemetry | undefined> {
  const { metrics } = file.telemetry;
  if (traces === undefined && !metrics) return undefined;
  const { startTelemetry } = await import('../telemetry/telemetry.ts');
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return startTelemetry({ traces, metrics, version, warn: (message) => log.host('warn', message) });
}

/** Gives each instance openers of things that report its calls. */
export function observeOpeners(openers: Openers, file: Slightfile): (observe: ObserveCall) => Openers {
  const makers = Object.entries(openers).flatMap(([key, opener]) => {
    const capability = key as CapabilityName;
    return opener === undefined ? [] : [[capability, observeOpener(capability, opener, file)] as const];
  });
  return (observe) => Object.fromEntries(makers.map(([capability, make]) => [capability, make(observe)]));
}

function observeOpener<Contract extends Opened>(
  capability: CapabilityName,
  opener: Opener<Contract>,
  file: Slightfile,
): (observe: ObserveCall) => Opener<Contract> {
  const names = capabilities[capability].operations as unknown as Operations<Contract>;
  const Observed = observedClass(names);
  const known = new Map<string, Reported<Contract>>();

  function operationsOf(name: string): Reported<Contract> {
    let operations = known.get(name);
    if (operations === undefined)
      known.set(name, (operations = describeOperations(names, placeOf(capability, name, file))));
    return operations;
  }

  return (observe) => ({
    open(name) {
      const opened = opener.open(name);
      return opened instanceof Promise
        ? opened.then((late) => new Observed(late, operationsOf(name), observe))
        : new Observed(opened, operationsOf(name), observe);
    },
  });
}

/** Of a bind only what is never secret: its scheme, host and port. */
function placeOf(capability: CapabilityName, name: string, file: Slightfile) {
  const bind = file[capability]?.[name]?.bind ?? capabilities[capability].embedded ?? '';
  const scheme = /^[a-z\d+.-]*/i.exec(bind)![0].toLowerCase();
  // Of the spellings of a backend, the one that says what it is.
  const { backends } = capabilities[capability];
  const system = backends.find(({ schemes }) => schemes.includes(scheme))?.schemes[0] ?? scheme;
  const url = bind.includes('//') ? parsePlace(bind)?.url : undefined;
  return {
    capability,
    name,
    system,
    host: url?.hostname || undefined,
    port: url?.port ? Number(url.port) : undefined,
  };
}
