import { readFileSync } from 'node:fs';
import type { ObserveCall } from '../capabilities/core/observe.ts';
import { describeOperations, ObservedKeyValue } from '../capabilities/keyvalue/observed.ts';
import type { KeyValueOperations } from '../capabilities/keyvalue/observed.ts';
import type { KeyValueStores } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import type { TraceSettings } from '../telemetry/settings.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Log } from './log.ts';

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

/** Gives each instance stores that report its calls. */
export function observeStores(
  stores: KeyValueStores,
  file: Slightfile,
): (observe: ObserveCall) => KeyValueStores {
  const known = new Map<string, KeyValueOperations>();

  function operationsOf(name: string): KeyValueOperations {
    let operations = known.get(name);
    if (operations === undefined) known.set(name, (operations = describeOperations(placeOf(name, file))));
    return operations;
  }

  return (observe) => ({
    open(name) {
      const store = stores.open(name);
      return store instanceof Promise
        ? store.then((opened) => new ObservedKeyValue(opened, operationsOf(name), observe))
        : new ObservedKeyValue(store, operationsOf(name), observe);
    },
  });
}

/** Of a bind only what is never secret: its scheme, host and port. */
function placeOf(name: string, file: Slightfile) {
  const bind = file.keyvalue?.[name]?.bind ?? 'sqlite';
  const system = /^[a-z\d+.-]*/i.exec(bind)![0].toLowerCase();
  const url = bind.includes('//') ? URL.parse(bind) : null;
  return {
    name,
    system,
    host: url?.hostname || undefined,
    port: url?.port ? Number(url.port) : undefined,
  };
}
