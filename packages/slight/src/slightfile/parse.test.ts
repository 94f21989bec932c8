import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { SlightfileError } from './error.ts';
import { type Slightfile, defaultLimits, defaultResilience } from './model.ts';
import { type ParseOptions, parseSlightfile } from './parse.ts';

const full = `specversion = "0.3"

[app]
component = "dist/orders.wasm"
start = "degraded"

[keyvalue]
orders = "sqlite"
"my sessions" = { bind = "redis://\${env.REDIS_HOST}:6379", prefix = "$$\${env.STAGE}", pool = 4, tls = true, rate = 0.5 }

[http]
address = "0.0.0.0:8080"
health = "[::1]:0"
forwarded = true
origins = "https://app.example.com  http://127.0.0.1:5173"

[limits]
memory = "64MiB"
deadline = "500ms"
cpu = "1s"
body = "1KiB"
instances = 4
queue = 0
connections = 50
message = "2KiB"
workers = 3

[target.cloud.keyvalue]
orders = "dynamodb://\${env.REGION}/orders"
extra = "memory"

[target.cloud.limits]
queue = 7

[target.edge.http]
address = "127.0.0.1:0"
`;
const env = { REDIS_HOST: 'cache', STAGE: 'dev', REGION: 'eu-west-1' };

function parse(text: string, options: Partial<ParseOptions> = {}): Slightfile {
  return parseSlightfile(text, '/app/slightfile.toml', { env: {}, ...options });
}

function failureOf(text: string, options: Partial<ParseOptions> = {}): SlightfileError {
  try {
    parse(text, options);
  } catch (error) {
    assert.ok(error instanceof SlightfileError, String(error));
    return error;
  }
  assert.fail(`parsed: ${text}`);
}

const valid = (rest: string) => `specversion = "0.3"\n[app]\ncomponent = "a.wasm"\n${rest}`;

/** Compared without regard to prototypes, which tables by name do not have. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a whole file', () => {
  const file = parse(full, { env });
  assert.equal(file.path, '/app/slightfile.toml');
  assert.deepEqual(file.app, { component: '/app/dist/orders.wasm', start: 'degraded', reuse: 'clean' });
  assert.deepEqual(plain(file.keyvalue), {
    orders: { name: 'orders', bind: 'sqlite', config: {}, position: { line: 8, column: 10, width: 8 } },
    'my sessions': {
      name: 'my sessions',
      bind: 'redis://cache:6379',
      config: { prefix: '$dev', pool: 4, tls: true, rate: 0.5 },
      position: { line: 9, column: 17, width: 104 },
    },
  });
  assert.deepEqual(file.http, {
    host: '0.0.0.0',
    port: 8080,
    health: { host: '::1', port: 0 },
    forwarded: true,
    origins: ['https://app.example.com', 'http://127.0.0.1:5173'],
    channels: undefined,
  });
  assert.deepEqual(file.limits, {
    memory: 64 * 1024 ** 2,
    deadline: 500,
    cpu: 1000,
    body: 1024,
    instances: 4,
    queue: 0,
    connections: 50,
    message: 2048,
    workers: 3,
  });
});

test('what a file leaves out has its default, and nothing is granted', () => {
  const file = parse(valid(''));
  assert.equal(file.keyvalue, undefined);
  assert.deepEqual(file.http, {
    host: '127.0.0.1',
    port: 3000,
    health: undefined,
    forwarded: false,
    origins: [],
    channels: undefined,
  });
  assert.deepEqual(file.limits, defaultLimits);
  assert.deepEqual(file.resilience, defaultResilience);
  assert.equal(file.app.start, 'ready');
  assert.equal(file.target, undefined);
  assert.deepEqual(plain(parse(valid('[keyvalue]')).keyvalue), {});
});

test('names of the language are names like others', () => {
  const { keyvalue } = parse(valid('[keyvalue]\n__proto__ = "memory"\nconstructor = "sqlite"'));
  assert.deepEqual(Object.keys(keyvalue!), ['__proto__', 'constructor']);
  assert.equal(keyvalue!['toString'], undefined);
  assert.match(failureOf(valid('[limits]\ntoString = 1')).message, /unknown key "toString"/);
});

test('a table of its own says the same as one in a line', () => {
  const inline = parse(valid('[keyvalue]\norders = { bind = "memory", a = 1 }')).keyvalue!;
  const dotted = parse(
    valid('keyvalue.orders.bind = "memory"\nkeyvalue.orders.a = 1').replace(
      '[app]\ncomponent',
      'app.component',
    ),
  ).keyvalue!;
  const table = parse(valid('[keyvalue.orders]\nbind = "memory"\na = 1')).keyvalue!;
  for (const other of [dotted, table]) {
    assert.deepEqual(plain(other['orders']!.config), plain(inline['orders']!.config));
    assert.equal(other['orders']!.bind, inline['orders']!.bind);
  }
});

test('the app of the command line takes the place of the file’s', () => {
  assert.equal(
    parse(full, { env, appOverride: 'other.wasm' }).app.component,
    join(process.cwd(), 'other.wasm'),
  );
  assert.equal(parse('specversion = "0.3"', { appOverride: '/x/other.wasm' }).app.component, '/x/other.wasm');
});

test('a target is laid over the base, key by key', () => {
  const file = parse(full, { env, target: 'cloud' });
  assert.equal(file.target, 'cloud');
  assert.equal(file.keyvalue!['orders']!.bind, 'dynamodb://eu-west-1/orders');
  assert.equal(file.keyvalue!['my sessions']!.bind, 'redis://cache:6379');
  assert.equal(file.keyvalue!['extra']!.bind, 'memory');
  assert.equal(file.limits.queue, 7);
  assert.equal(file.limits.instances, 4);
  assert.equal(file.http.port, 8080);
  assert.equal(parse(full, { env, target: 'edge' }).http.port, 0);
});

test('a target may grant what the base does not', () => {
  const text = valid('[target.a.keyvalue]\nx = "memory"');
  assert.equal(parse(text).keyvalue, undefined);
  assert.deepEqual(Object.keys(parse(text, { target: 'a' }).keyvalue!), ['x']);
});

test('an unknown target names those that there are', () => {
  const { message } = failureOf(full, { env, target: 'clowd' });
  assert.match(message, /there is no target "clowd"; is "cloud" meant\?/);
  assert.match(message, /cloud, edge/);
  assert.match(failureOf(valid(''), { target: 'x' }).message, /this file has no targets/);
});

test('variables are needed only where their value is in use', () => {
  const text = valid(
    '[keyvalue]\na = "redis://${env.HERE}"\n[target.t.keyvalue]\na = "redis://${env.THERE}"',
  );
  assert.equal(parse(text, { env: { HERE: 'h' } }).keyvalue!['a']!.bind, 'redis://h');
  assert.equal(parse(text, { env: { THERE: 't' }, target: 't' }).keyvalue!['a']!.bind, 'redis://t');
  const { message, problems } = failureOf(text, { env: { HER: 'h' } });
  assert.deepEqual(problems[0]!.span, { line: 5, column: 5, width: 21 });
  assert.match(message, /slightfile\.toml:5:5: the environment variable HERE is not set/);
  assert.match(message, /HER meant/);
});

test('a replacement is not read again, and changes no structure', () => {
  const text = valid('[keyvalue]\na = { bind = "memory", x = "${env.A}", y = "$$${env.A}$" }');
  const { config } = parse(text, { env: { A: '${env.B}", bind = "x' } }).keyvalue!['a']!;
  assert.deepEqual(plain(config), { x: '${env.B}", bind = "x', y: '$${env.B}", bind = "x$' });
});

test('a setting may be a list of texts', () => {
  const { config } = parse(valid('[keyvalue]\na = { bind = "memory", x = ["one", "$2"], y = [] }')).keyvalue![
    'a'
  ]!;
  assert.deepEqual(plain(config), { x: ['one', '$2'], y: [] });
});

test('only values are interpolated, and only with what is known', () => {
  const wrong: [string, RegExp][] = [
    ['[keyvalue]\n"${env.A}" = "memory"', /a name is never interpolated/],
    ['[keyvalue]\n"${secrets.A}" = "memory"', /a name is never interpolated/],
    ['[keyvalue]\na = "${secret.A}"', /"\$\{secret\.A\}" is not known[^]*\$\{env\.NAME\}/],
    ['[keyvalue]\na = "${secrets.}"', /is not known/],
    ['[keyvalue]\na = "${vault.a.b}"', /"\$\{vault\.a\.b\}" is not known/],
    ['[keyvalue]\na = "${ENV.A}"', /is not known/],
    ['[keyvalue]\na = "${env.}"', /is not known/],
    ['[keyvalue]\na = "${env.A"', /has no "}"/],
    ['[target.t.keyvalue]\na = "${secret.A}"', /is not known/],
    ['[target."${env.A}".keyvalue]\na = 1', /says where it lives/],
  ];
  for (const [text, message] of wrong)
    assert.match(failureOf(valid(text), { env: { A: 'x' } }).message, message, text);
  assert.match(
    failureOf('specversion = "${env.A}"', { env: { A: '0.3' } }).message,
    /specversion is "\$\{env\.A\}"/,
  );
});

test('what is wrong is named with its place and a way out', () => {
  const wrong: [string, string, RegExp][] = [
    [
      '[limits]\nmemroy = "1MiB"',
      '5:1',
      /unknown key "memroy" in \[limits\][^]*fix: write memory, if that is meant/,
    ],
    ['nonsense\n[limits]', '4:9', /^[^]*\n {2}4 \| nonsense\n {4}\| {9}\^/],
    ['nonsense\n# of that\n\n', '4:9', /this is not TOML/],
    ['[limits\nqueue = 1', '4:8', /this is not TOML/],
    ['[limits]\nqueue =\nbody = "1B"', '5:8', /this is not TOML/],
    ['[keyvalue]\na = { bind = "sqlite"\nb = "sqlite"', '5:22', /this is not TOML/],
    ['[keyvalue]\na = sqlite', '5:5', /this is not TOML/],
    ['[limit]\nmemory = "1MiB"', '4:2', /unknown table \[limit\][^]*write limits/],
    ['[[capability]]\nname = "x"', '4:3', /unknown table \[capability\]/],
    ['[target.a.http]\nadress = "x"', '5:1', /unknown key "adress" in \[target\.a\.http\][^]*write address/],
    ['[target.a.htp]', '4:2', /unknown table \[target\.a\.htp\][^]*write http/],
    ['[target.a]\nspecversion = "0.3"', '5:1', /unknown key "specversion"/],
    ['[target]\na = 1', '5:1', /"target\.a" is a table, and a whole number stands here/],
    ['[[keyvalue]]\na = "x"', '4:3', /"keyvalue" is a table, and an array stands here/],
    ['[limits]\nmemory = 268435456', '5:10', /a size from "64KiB" to "4GiB", and 268435456 stands here/],
    ['[limits]\nmemory = "5GiB"', '5:10', /a size from "64KiB" to "4GiB", and another text/],
    ['[limits]\nmemory = ""', '5:10', /a size/],
    ['[limits]\ndeadline = "0s"', '5:12', /a duration from "1ms" to "24h"/],
    ['[limits]\ninstances = 0', '5:13', /a whole number from 1 to 10000, and 0 stands here/],
    ['[limits]\ninstances = 1.5', '5:13', /a whole number from 1 to 10000, and a number/],
    ['[limits]\nqueue = -1', '5:9', /a whole number from 0/],
    ['[limits]\nqueue = 99999999999999999999', '5:9', /a whole number from 0/],
    ['[http]\naddress = "3000"', '5:11', /an address, HOST:PORT, and a port without a host stands here/],
    ['[http]\naddress = 3000', '5:11', /an address, HOST:PORT, and 3000 stands here[^]*fix: write a host/],
    ['[http]\nhealth = "[::1]:99999"', '5:10', /HOST:PORT, and a port above 65535[^]*from 0 to 65535/],
    ['[http]\norigins = "app.example.com"', '5:11', /origins with spaces between/],
    ['[http]\norigins = "https://a.example/path"', '5:11', /origins with spaces between/],
    ['[http]\nforwarded = "yes"', '5:13', /true or false, and another text/],
    ['[keyvalue]\norders = ""', '5:10', /\[keyvalue\] orders is empty/],
    ['[keyvalue]\n"" = "memory"', '5:1', /1 to 128 characters/],
    ['[keyvalue]\norders = "//cache"', '5:10', /is neither a scheme nor a URL/],
    ['[keyvalue]\norders = "redis://cache:99999"', '5:10', /a mistake in its host or port/],
    ['[keyvalue]\norders = 5', '5:10', /says where it lives, and a whole number stands here/],
    ['[keyvalue]\norders = { bnd = "memory" }', '5:1', /its "bind" is missing/],
    [
      '[keyvalue]\norders = { bind = "memory", x = [1] }',
      '5:33',
      /orders x is a text, a number, true or false, or a list of texts, and another list/,
    ],
    ['[keyvalue]\norders = { bind = "memory", x = ["a", "${env.A}"] }', '5:33', /not replaced in lists/],
    ['[keyvalue]\norders = { bind = "memory", x = [["a"]] }', '5:33', /another list/],
    ['[keyvalue]\norders = { bind = "memory", x = inf }', '5:33', /no finite number/],
    ['[keyvalue]\norders = { bind = "memory", x = 9007199254740993 }', '5:33', /beyond 2\^53/],
    ['[keyvalue]\norders = { bind = "memory", x = 2020-01-01 }', '5:33', /a date/],
    ['[keyvalue]\norders = "a"\norders = "b"', '6:1', /not TOML: defining a key multiple times/],
    ['[limits]\n[limits]', '5:2', /not TOML/],
    [
      '[[watch]]\nname = "a"\n[watch]',
      '6:2',
      /multiple times[^]*two pairs of brackets each time: \[\[schedule\]\]/,
    ],
    ['[limits]\nmemory = "1MiB', '5:15', /not TOML: unterminated string/],
    ['[limits]\nmemory 1', '5:8', /not TOML/],
  ];
  for (const [text, place, message] of wrong) {
    const { message: found } = failureOf(valid(text));
    assert.match(found, message, text);
    assert.ok(found.startsWith(`/app/slightfile.toml:${place}: `), `${text}\n${found}`);
    assert.match(found, /\n {2}fix: ./, text);
  }
});

test('the version says which files are read', () => {
  assert.match(failureOf('').message, /:1:1: specversion is missing/);
  assert.match(failureOf('[app]').message, /specversion is missing[^]*fix: write specversion = "0\.3"/);
  for (const version of ['0.1', '0.2']) {
    const { message, problems } = failureOf(`specversion = "${version}"\n[[capability]]\nname = "kv.redis"`);
    assert.match(message, new RegExp(`:1:15: files of specversion "${version}" are not read`));
    assert.equal(problems.length, 1);
  }
  assert.match(
    failureOf('specversion = "0.4"').message,
    /specversion is "0\.4", this version of slight reads "0\.3"/,
  );
  assert.match(failureOf('specversion = 0.3').message, /specversion is a number/);
  assert.match(failureOf('[[specversion]]').message, /specversion is an array/);
});

test('a file without a component says so', () => {
  assert.match(
    failureOf('specversion = "0.3"').message,
    /^\/app\/slightfile\.toml: \[app\] component is missing/,
  );
  assert.match(
    failureOf('specversion = "0.3"\n[app]\nstart = "ready"').message,
    /:2:2: \[app\] component is missing/,
  );
  assert.match(failureOf('specversion = "0.3"\n[app]\ncomponent = ""').message, /a text that is not empty/);
});

test('several mistakes are told together, in their order', () => {
  const { problems, message } = failureOf(
    valid(
      '[limits]\nmemroy = 1\nqueue = "x"\n[nope]\n[target.a.http]\nhealth = 1\n[keyvalue]\na = "${env.NO}"',
    ),
  );
  assert.deepEqual(
    problems.map(({ span }) => span?.line),
    [5, 6, 7, 9, 11],
  );
  assert.equal(message.match(/fix:/g)?.length, 5);
});

test('a frame shows the line and marks the place', () => {
  const { message } = failureOf(valid('[limits]\n\tqueue = "ten" # why'));
  assert.equal(
    message,
    [
      '/app/slightfile.toml:5:10: [limits] queue is a whole number from 0 to 1000000, and another text stands here',
      '  5 |  queue = "ten" # why',
      '    |          ^^^^^',
      '  fix: write a whole number from 0 to 1000000, without quotation marks',
    ].join('\n'),
  );
});

test('a byte order mark, CRLF and long lines are read and shown well', () => {
  assert.equal(parse(`\ufeff${valid('').replaceAll('\n', '\r\n')}`).app.start, 'ready');
  const { message } = failureOf(valid(`[limits]\nqueue = 1 # ${'x'.repeat(500)}\nx = "${'y'.repeat(400)}"`));
  for (const line of message.split('\n')) assert.ok(line.length < 130, line);
});

test('no credential is ever printed, from the file or from the environment', () => {
  const secret = 'c4nary-Pw';
  for (const text of [
    `[keyvalue]\na = "redis://u:${secret}@h:99999"`,
    `[keyvalue]\na = "redis://u:${secret}@h"\nb = { bind = "redis://:${secret}@h", x = [1] }`,
    `[keyvalue]\na = { bind = "redis://h", password = "${secret}", x = [1] }`,
    '[keyvalue]\na = "redis://:${env.PW}@h:99999"',
    '[keyvalue]\na = "${env.PW}"\n[http]\naddress = "${env.PW}"',
    '[limits]\nmemory = "${env.PW}"\n[app]\nstart = "${env.PW}"'.replace('[app]\n', ''),
    `[keyvalue]\na = "redis://u:${secret}@h`,
    `[nope]\na = "redis://u:${secret}@h"\n[http]\naddress = "redis://u:${secret}@h"`,
  ]) {
    const error = failureOf(valid(text), { env: { PW: `//${secret}` } });
    for (const shown of [error.message, JSON.stringify(error.problems)]) {
      assert.ok(!shown.includes(secret), shown);
    }
  }
});

test('the mark stays under its value where something before it is hidden', () => {
  const { message } = failureOf(valid('[keyvalue]\na = { bind = "redis://user:long-password@h", x = [1] }'));
  const [, line, mark] = message.split('\n');
  assert.equal(line!.slice(mark!.indexOf('^'), mark!.lastIndexOf('^') + 1), '[1]');
});
