import assert from 'node:assert/strict';
import test from 'node:test';
import { SlightfileError } from './error.ts';
import type { Slightfile } from './model.ts';
import { type ParseOptions, parseSecretsSettings, parseSlightfile } from './parse.ts';

const valid = (rest: string) => `specversion = "0.3"\n[app]\ncomponent = "a.wasm"\n${rest}`;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function parse(text: string, options: Partial<ParseOptions> = {}): Slightfile {
  return parseSlightfile(text, '/app/slightfile.toml', { env: {}, ...options });
}

function failureOf(text: string, options: Partial<ParseOptions>): SlightfileError {
  try {
    parse(text, options);
  } catch (error) {
    assert.ok(error instanceof SlightfileError, String(error));
    return error;
  }
  assert.fail(`parsed: ${text}`);
}

const secrets: ParseOptions['secrets'] = () => (name) =>
  name === 'PW' ? { value: 'p@$${env.A}' } : { message: `there is no ${name}`, fix: 'set it' };

test('a secret is in what the backend gets, and in nothing that is shown', () => {
  const text = valid(
    '[keyvalue]\na = { bind = "redis://u:${secrets.PW}@h", x = "-${secrets.PW}", y = "${env.A}", n = 1 }\nb = "memory"',
  );
  const { a, b } = parse(text, { env: { A: 'a' }, secrets }).keyvalue!;
  assert.equal(a!.bind, 'redis://u:***@h');
  assert.deepEqual(plain(a!.config), { x: '-***', y: 'a', n: 1 });
  assert.deepEqual(plain(a!.secrets!.reveal()), {
    bind: 'redis://u:p@$${env.A}@h',
    config: plain({ x: '-p@$${env.A}' }),
    values: ['p@$${env.A}', 'p@$${env.A}'],
  });
  assert.equal(b!.secrets, undefined);
  const { message, problems } = failureOf(text.replace(':${secrets.PW}', ':${secrets.OTHER}'), { secrets });
  assert.match(message, /slightfile\.toml:5:14: there is no OTHER/);
  assert.equal(problems.length, 2, 'the variable is missing too');
});

test('secrets are asked for only where they are in use, and stand only where nothing shows them', () => {
  const never = () => assert.fail('nobody needs a secret here');
  parse(valid('[keyvalue]\na = "memory"\n[target.t.keyvalue]\na = "${secrets.PW}"'), { secrets: never });
  const shown = [
    ['app', 'component'],
    ['http', 'address'],
    ['secrets', 'file'],
    ['secrets', 'key'],
    ['telemetry', 'service'],
  ];
  for (const [table, key] of shown) {
    const text = `specversion = "0.3"\n[${table}]\n${key} = "x\${secrets.PW}"`;
    assert.match(
      failureOf(text, { secrets: never }).message,
      /^.*:3:\d+: a secret .* may not stand here/,
      key,
    );
  }
  const traces = valid('[telemetry]\ntraces = "http://u:${secrets.T}@collector:4318"');
  const { telemetry } = parse(traces, { secrets: () => () => ({ value: 't' }) });
  assert.equal(telemetry.traces, 'http://u:t@collector:4318');
});

test('where secrets are is known before the first of them is read, whatever the order of the file', () => {
  const text = `${valid('')}[keyvalue]\na = "redis:///\${secrets.PW}"\n[secrets]\nfile = "\${env.F}"\n[target.t.secrets]\nkey = "env:K"`;
  const asked: unknown[] = [];
  const ask: ParseOptions['secrets'] = (settings) => {
    asked.push(settings);
    return () => ({ value: 'x' });
  };
  const env = { F: 'sub/s.json' };
  const { secrets: base } = parse(text, { env, secrets: ask });
  assert.deepEqual(base, { folder: '/app', file: '/app/sub/s.json', key: undefined });
  const { secrets: target } = parse(text, { env, secrets: ask, target: 't' });
  assert.deepEqual(target, { ...base, key: 'env:K' });
  assert.deepEqual(asked, [base, target]);
  assert.equal(parse(valid('')).secrets!.file, '/app/slightfile.secrets.json');
  // For slight secret nothing else of the file matters.
  assert.deepEqual(parseSecretsSettings(text, '/app/slightfile.toml', { env, target: 't' }), target);
  assert.throws(
    () => parseSecretsSettings(text, '/app/slightfile.toml', { env: {}, target: 'u' }),
    /variable F is not set[^]*there is no target "u"/,
  );
});
