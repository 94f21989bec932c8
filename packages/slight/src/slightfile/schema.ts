import {
  addressField,
  choiceField,
  countField,
  durationField,
  flagField,
  originsField,
  ratioField,
  sizeField,
  textField,
  urlField,
} from './fields.ts';
import { defaultLimits, logFormats, logLevels, mostWorkers } from './model.ts';

const longest = 24 * 3_600_000;

/** The tables with fixed keys. Parser, error messages and the test of the documentation all read them here. */
export const tables = {
  app: {
    component: textField('The WebAssembly component, relative to the slightfile', '"dist/app.wasm"'),
    start: choiceField('Whether every backend must answer before the app starts', ['ready', 'degraded']),
    reuse: choiceField('What a request finds of the ones before it', ['clean', 'keep']),
  },
  http: {
    address: addressField('Where requests arrive; port 0 picks a free one', '"127.0.0.1:3000"'),
    health: addressField('Where `/healthz` answers; nowhere without it', '"127.0.0.1:3001"'),
    forwarded: flagField('Believe X-Forwarded-For, -Proto and -Host: a trusted proxy stands in front'),
    origins: originsField(
      "Origins whose pages may open websockets besides the app's own, with spaces between; `*` is all",
      '"https://app.example.com"',
    ),
  },
  limits: {
    memory: sizeField('Memory of one instance', defaultLimits.memory, 64 * 1024, 4 * 1024 ** 3),
    deadline: durationField('Time until a request is given up', defaultLimits.deadline, 1, longest),
    cpu: durationField('Computing time of one request', defaultLimits.cpu, 1, longest),
    body: sizeField('Size of a request body', defaultLimits.body, 0, 4 * 1024 ** 3),
    instances: countField('Instances at work at once, in each worker', defaultLimits.instances, 1, 10_000),
    connections: countField('Connections that each worker holds', defaultLimits.connections, 0, 1_000_000),
    message: sizeField('Size of a message on a held connection', defaultLimits.message, 1, 64 * 1024 * 1024),
    queue: countField('Requests that may wait; one more is answered 503', defaultLimits.queue, 0, 1_000_000),
    workers: countField('Processes that run the app', defaultLimits.workers, 1, mostWorkers),
  },
  log: {
    format: choiceField('How log lines are written', logFormats),
    level: choiceField('The least level that is shown', logLevels),
  },
  telemetry: {
    traces: urlField('The OpenTelemetry collector that traces are sent to', '"http://127.0.0.1:4318"'),
    service: textField('The name of this app in traces', '"orders"'),
    sample: ratioField('How many of the traces that begin here are recorded', '0.1'),
    metrics: flagField('Answer `/metrics` on the health address'),
  },
} as const;

export type TableName = keyof typeof tables;

export const specversions = ['0.3'] as const;
