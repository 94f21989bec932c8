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
  textsField,
  urlField,
} from './fields.ts';
import { hostsField } from './hosts.ts';
import {
  defaultLimits,
  defaultResilience,
  defaultOutgoing,
  logFormats,
  logLevels,
  mostWorkers,
} from './model.ts';

const longest = 24 * 3_600_000;

/** The tables with fixed keys. Parser, error messages and the test of the documentation all read them here. */
export const tables = {
  app: {
    component: textField('The WebAssembly component, relative to the slightfile', '"dist/app.wasm"'),
    start: choiceField('Whether every backend must answer before the app starts', ['ready', 'degraded']),
    reuse: choiceField('What a request finds of the ones before it', ['clean', 'keep']),
  },
  command: {
    restart: choiceField('Whether it is started again after its end', ['never', 'on-failure', 'always']),
    deadline: durationField('Time until it is given up', 3_600_000, 1, 365 * longest),
    cpu: durationField('Computing time until it is given up', 60_000, 1, 365 * longest),
  },
  http: {
    address: addressField('Where requests arrive; port 0 picks a free one', '"127.0.0.1:3000"'),
    health: addressField('Where `/healthz` answers; nowhere without it', '"127.0.0.1:3001"'),
    forwarded: flagField('Believe X-Forwarded-For, -Proto and -Host: a trusted proxy stands in front'),
    origins: originsField(
      "Origins whose pages may open websockets besides the app's own, with spaces between; `*` is all",
      '"https://app.example.com"',
    ),
    channels: textField(
      'A name of [messaging]: what is said on channels reaches the connections of other hosts by it',
      '"events"',
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
  outgoing: {
    hosts: hostsField('The servers that the app may ask', '["https://api.example.com"]'),
    timeout: durationField('Time until the head of an answer has come', defaultOutgoing.timeout, 1, longest),
    idle: durationField('Time in which some of a body moves', defaultOutgoing.idle, 1, longest),
    concurrent: countField('Requests of one instance at once', defaultOutgoing.concurrent, 1, 10_000),
    connections: countField(
      'Connections of each worker to one server',
      defaultOutgoing.connections,
      1,
      10_000,
    ),
  },
  resilience: {
    deadline: durationField('Time for one operation on a backend, repetitions included', 5_000, 1, longest),
    retries: countField(
      'Repetitions of an operation that found its backend away, where that is safe',
      defaultResilience.retries,
      0,
      20,
    ),
    breaker: countField(
      'Operations in a row, over half a second at least, that find a backend away before it is left alone for a while; 0 is never',
      defaultResilience.breaker,
      0,
      1_000_000,
    ),
    pending: countField(
      'Operations that may wait for one backend at once, in each worker',
      defaultResilience.pending,
      1,
      1_000_000,
    ),
  },
  log: {
    format: choiceField('How log lines are written', logFormats),
    level: choiceField('The least level that is shown', logLevels),
  },
  secrets: {
    file: textField('The file of secrets, relative to the slightfile', '"secrets.json"'),
    key: textField(
      'Where its key is: `file:PATH`, `env:NAME` or `command:WORDS`',
      '"env:SLIGHT_SECRETS_KEY"',
    ),
  },
  telemetry: {
    traces: {
      ...urlField('The OpenTelemetry collector that traces are sent to', '"http://127.0.0.1:4318"'),
      secret: true,
    },
    service: textField('The name of this app in traces', '"orders"'),
    sample: ratioField('How many of the traces that begin here are recorded', '0.1'),
    metrics: flagField('Answer `/metrics` on the health address'),
  },
} as const;

/** Tables of which there may be several. */
export const lists = {
  schedule: {
    name: textField('What it is called; no other schedule has this name', '"nightly"'),
    cron: textField('When, in five fields: minute, hour, day, month, day of the week', '"0 2 * * *"'),
    every: durationField('Or how often', 300_000, 100, 31 * longest),
    zone: textField('The time zone of `cron`', '"Europe/Berlin"'),
    overlap: choiceField('A time that comes while the app is busy with the one before', ['skip', 'queue']),
    missed: choiceField('Times that nobody was there for', ['skip', 'once']),
    leader: textField('A name of [locks]: of several hosts only the one that has its lock runs it', '"jobs"'),
  },
  watch: {
    name: textField('What it is called; no other watch has this name', '"prices"'),
    store: textField('A name of [keyvalue]', '"shop"'),
    prefix: textField('Keys that begin like this; all without it', '"price/"'),
    key: textField('Or one key alone', '"prices"'),
  },
  subscription: {
    name: textField('What it is called; no other subscription has this name', '"mails"'),
    messaging: textField('A name of [messaging]', '"events"'),
    topics: textsField('The topics whose messages are brought; a queue brings all that it has', '["orders"]'),
    group: textField('Who shares the messages: members of one group get each message once', '"mailer"'),
    concurrency: countField('Calls of the app at once, in each worker', 4, 1, 10_000),
    batch: countField('Most messages of one call', 10, 1, 1_000),
  },
} as const;

export type ListName = keyof typeof lists;

/** Keys that a table of a list must have. */
export const neededKeys: { readonly [Name in ListName]: readonly string[] } = {
  schedule: ['name'],
  watch: ['name', 'store'],
  subscription: ['name', 'messaging'],
};

export type TableName = keyof typeof tables;

export const specversions = ['0.3'] as const;
