import assert from 'node:assert/strict';
import test from 'node:test';
import { noTelemetry } from '../slightfile/model.ts';
import { readTraceSettings } from './settings.ts';

const app = { component: '/srv/orders.wasm', start: 'ready', reuse: 'clean' } as const;

function read(environment: { [name: string]: string }, telemetry: Partial<typeof noTelemetry> = {}) {
  const problems: string[] = [];
  const settings = readTraceSettings(
    { app, telemetry: { ...noTelemetry, ...telemetry } },
    environment,
    (problem) => void problems.push(problem),
  );
  return { settings, problems };
}

test('nothing is traced that nobody asks for', () => {
  assert.equal(read({}).settings, undefined);
  assert.equal(read({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: '' }).settings, undefined);
  const traces = 'http://127.0.0.1:4318';
  assert.equal(read({ OTEL_SDK_DISABLED: 'true' }, { traces }).settings, undefined);
  assert.equal(read({ OTEL_TRACES_EXPORTER: 'none' }, { traces }).settings, undefined);
});

test('the slightfile alone is enough', () => {
  const { settings, problems } = read({}, { traces: 'http://127.0.0.1:4318', sample: 0.5 });
  assert.deepEqual(settings, {
    url: 'http://127.0.0.1:4318/v1/traces',
    headers: {},
    timeout: 10_000,
    queue: 2_048,
    batch: 512,
    delay: 5_000,
    sampling: { ratio: 0.5, parentBased: true },
    resource: [['service.name', 'orders']],
  });
  assert.deepEqual(problems, []);
});

test('the environment takes the place of the slightfile', () => {
  const { settings, problems } = read(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318/otlp/',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=7',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
      OTEL_BSP_SCHEDULE_DELAY: '0',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=test',
    },
    { traces: 'http://127.0.0.1:1', service: 'file', sample: 1 },
  );
  assert.deepEqual(settings, {
    url: 'https://collector:4318/otlp/v1/traces',
    headers: { authorization: 'Bearer abc', 'x-tenant': '7' },
    timeout: 500,
    queue: 100,
    batch: 100,
    delay: 0,
    sampling: { ratio: 0.1, parentBased: false },
    resource: [
      ['service.name', 'shop'],
      ['deployment.environment.name', 'test'],
    ],
  });
  assert.deepEqual(problems, []);
  const exact = read({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:1/take',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://d:2',
  });
  assert.equal(exact.settings!.url, 'http://c:1/take');
});

test('what cannot be used is reported, without repeating what may be secret', () => {
  const traces = 'http://127.0.0.1:4318';
  for (const [environment, problem] of [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /no http/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /grpc is not spoken/],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /zipkin is not known/],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, /jaeger_remote is not known/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /from 0 to 1/],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }, /OTEL_BSP_MAX_QUEUE_SIZE is no whole number/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a b=hunter2,x-ok=1' }, /an entry is no header/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'key=hunter2%0d%0aevil: 1' }, /an entry is no header/],
  ] as const) {
    const { problems } = read(environment as { [name: string]: string }, { traces });
    assert.equal(problems.length, 1, JSON.stringify(environment));
    assert.match(problems[0]!, problem);
    assert.doesNotMatch(problems[0]!, /hunter2/);
  }
});
