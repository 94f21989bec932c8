import {
  defaultLimits,
  defaultResilience,
  freeCommand,
  makeBindTables,
  noTelemetry,
  noTriggers,
} from './model.ts';
import type { Slightfile } from './model.ts';

/** What runs without a slightfile: storage embedded, nothing else granted. */
export function withoutSlightfile(component: string): Slightfile {
  return {
    path: undefined,
    target: undefined,
    app: { component, start: 'ready', reuse: 'clean' },
    ...makeBindTables(() => undefined),
    ...noTriggers,
    command: freeCommand,
    http: {
      host: '127.0.0.1',
      port: 3000,
      health: undefined,
      forwarded: false,
      origins: [],
      channels: undefined,
    },
    limits: defaultLimits,
    resilience: defaultResilience,
    secrets: undefined,
    outgoing: undefined,
    log: { format: undefined, level: undefined },
    telemetry: noTelemetry,
  };
}
