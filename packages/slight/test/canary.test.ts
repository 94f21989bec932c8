import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { makeCanary } from './canary.ts';
import { startCollector } from './collector.ts';
import { buildScriptGuest, buildTinyGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from './slight.ts';
import type { Ended } from './slight.ts';

// Each secret is a canary; then everything that anybody gets to see is searched for all of them.

const canaries = {
  /** A password in a bind, by way of the secrets. It stands in a URL, so it is written as one there. */
  PASSWORD: makeCanary('Qx7PwZ9', encodeURIComponent('Qx7PwZ9é"\\/@:%Qx7PwZ9')),
  /** A host in a bind. */
  HOST: makeCanary('qx7hoz9', 'qx7hoz9.invalid'),
  /** A whole bind. */
  BIND: makeCanary('Qx7BdZ9', 'redis://u:Qx7BdZ9@127.0.0.1:1/0'),
  /** What no backend can make sense of. */
  BROKEN: makeCanary('Qx7BkZ9', 'redis://Qx7BkZ9:Qx7BkZ9'),
  /** A word: the scheme of a bind, or a part of a path. */
  SCHEME: makeCanary('qx7scz9', 'qx7scz9'),
  /** A setting beside a bind. */
  SETTING: makeCanary('Qx7StZ9'),
  /** What the app gets. */
  API_KEY: makeCanary('Qx7AkZ9'),
};
type Name = keyof typeof canaries;
const written = makeCanary('Qx7WrZ9', 'Qx7WrZ9%22Qx7WrZ9');
const variable = makeCanary('Qx7VrZ9');
/** The key of the secrets. */
const key = makeCanary(
  'Qx7KeyZ9Qx7KeyZ9',
  Buffer.from('Qx7KeyZ9Qx7KeyZ9Qx7KeyZ9Qx7KeyZ9').toString('base64'),
);
const env = { SLIGHT_TEST_SECRETS_KEY: key.value, SLIGHT_TEST_VARIABLE: variable.value };

let component: Uint8Array;
before(async () => (component = await buildScriptGuest('secrets')));

function assertAbsent(text: string | Uint8Array, where: string): void {
  for (const canary of [...Object.values(canaries), written, variable, key]) canary.assertAbsent(text, where);
}

const head = (app = '') => `specversion = "0.3"
[app]
component = "app.wasm"
${app}
[secrets]
key = "env:SLIGHT_TEST_SECRETS_KEY"
`;

async function layOut(slightfile: string): Promise<string> {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  for (const name of Object.keys(canaries)) {
    const set = await runCommand(folder, ['secret', '-k', name], env, canaries[name as Name].value);
    assert.equal(set.code, 0, set.stderr);
    assertSilent(set, `secret -k ${name}`);
  }
  return folder;
}

function assertSilent({ stdout, stderr }: Ended, where: string): void {
  assertAbsent(stdout, `stdout of ${where}`);
  assertAbsent(stderr, `stderr of ${where}`);
}

/** Answers everything as a Redis that knows no such password. */
async function startRefusing(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () =>
      socket.write('-WRONGPASS invalid username-password pair or user is disabled.\r\n'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('the search finds what it is there to find', () => {
  const { value, assertAbsent: search } = canaries.API_KEY;
  const bytes = Buffer.from(value);
  for (const text of [
    `before ${value} after`,
    JSON.stringify({ value }),
    JSON.stringify(JSON.stringify(value)),
    encodeURIComponent(value),
    encodeURI(value),
    `%${bytes.toString('hex').replace(/..(?=.)/g, '$&%')}`,
    bytes.toString('hex').toUpperCase(),
    ...['', 'a', 'ab', 'abc'].map((front) => Buffer.from(`${front}${value}z`).toString('base64')),
    ...['', 'a', 'ab'].map((front) => Buffer.from(`${front}Qx7AkZ9`).toString('base64url')),
    'a part: Qx7AkZ9',
  ])
    assert.throws(() => search(text, 'text'), /Qx7AkZ9/, text);
  assert.throws(() => search(Buffer.from(value), 'bytes'));
  search('nothing of it', 'text');
});

test('no command says a secret, whatever goes wrong', async (t) => {
  const port = await startRefusing(t);
  const folder = await layOut(head());
  for (const args of [
    ['secret', '--list'],
    ['secret', '--list', '--json'],
    ['secret', '-k', 'API_KEY', '-v', canaries.API_KEY.value],
    ['secret', '-k', 'OTHER', '--list', '-v', canaries.API_KEY.value],
    ['secret', '-k', '1', '-v', canaries.API_KEY.value],
    ['secret', '-k', 'OTHER', '--remove'],
    ['secret', '--rotate'],
    ['clean', '--yes'],
  ])
    assertSilent(await runCommand(folder, args, env), args.join(' '));

  const starts: readonly (readonly [says: RegExp, lines: string])[] = [
    [/"x" \(redis:\/\/127\.0\.0\.1:1\): .*ECONNREFUSED/, `x = "redis://u:\${secrets.PASSWORD}@127.0.0.1:1"`],
    [/"x" \(redis:.*\): .*WRONGPASS/, `x = "redis://u:\${secrets.PASSWORD}@127.0.0.1:${port}"`],
    [/"x" \(redis:.*\): .*WRONGPASS/, `x = "redis://u:${written.value}@127.0.0.1:${port}"`],
    [/"x" \(redis:\/\/\*\*\*:1\): .*(\*\*\*|no answer)/, `x = "redis://\${secrets.HOST}:1"`],
    [/"x" \(\*\*\*\): .*ECONNREFUSED/, `x = "\${secrets.BIND}"`],
    [/"x" \(postgres:.*ECONNREFUSED/, `x = "postgres://u:\${secrets.PASSWORD}@127.0.0.1:1/d"`],
    [/"x" \(etcd:.*ECONNREFUSED/, `x = "etcd://u:\${secrets.PASSWORD}@127.0.0.1:1"`],
    [
      /locks "y" \(keyvalue\): .*ECONNREFUSED/,
      `x = "redis://u:\${secrets.PASSWORD}@127.0.0.1:1"\n[locks]\ny = { bind = "keyvalue", store = "x" }`,
    ],
    [/x is a URL with a mistake/, `x = "\${secrets.BROKEN}"`],
    [/"x" \(redis:.*\/\*\*\*\): the bind needs/, `x = "redis://127.0.0.1:${port}/\${secrets.PASSWORD}"`],
    [/x is neither a scheme nor a URL/, `x = "\${secrets.SETTING}"`],
    [/no keyvalue backend is called/, `x = "\${secrets.SCHEME}"`],
    [/`y` is no setting/, `x = { bind = "memory", y = "\${secrets.SETTING}" }`],
    [
      /there is no format "\*\*\*"/,
      `[configs]\nx = { bind = "file:./x.toml", format = "\${secrets.SETTING}" }`,
    ],
    [/there is no .*\/\*\*\*\.toml/, `[configs]\nx = "file:./\${secrets.SCHEME}.toml"`],
    [/may not stand here/, `[log]\nlevel = "\${secrets.SETTING}"`],
    [/no secret PASSWORDS/, `x = "redis://u:\${secrets.PASSWORDS}@127.0.0.1"`],
    [/no secret API_KEYS/, `[configs]\nx = { bind = "usersecrets", names = ["API_KEYS"] }`],
  ];
  const debug = { ...env, SLIGHT_DEBUG: '1', SLIGHT_LOG: 'trace' };
  await writeFile(join(folder, 'app.wasm'), await buildTinyGuest());
  for (const [says, lines] of starts) {
    await writeFile(join(folder, 'slightfile.toml'), `${head()}[keyvalue]\n${lines}\n`);
    const start = ['run', '--address', '127.0.0.1:0'];
    const ended = await runCommand(folder, start, debug);
    assert.equal(ended.code, 1, lines);
    assert.match(ended.stderr, says);
    assertSilent(ended, lines);
    if (says.source.includes('WRONGPASS'))
      assertSilent(await runCommand(folder, [...start, '--log-format', 'json'], debug), lines);
  }
});

test('no command says a secret of a file that is damaged, or a key that is none', async () => {
  const folder = await layOut(`${head()}[keyvalue]\nx = "redis://u:\${secrets.PASSWORD}@127.0.0.1:1"\n`);
  const path = join(folder, 'slightfile.secrets.json');
  const text = await readFile(path, 'utf8');
  const otherKey = { SLIGHT_TEST_SECRETS_KEY: Buffer.alloc(32, 1).toString('base64') };
  const noKey = { SLIGHT_TEST_SECRETS_KEY: `${key.value}x` };
  for (const [message, content, variables] of [
    [/was written with another key/, text, otherKey],
    [/holds no key/, text, noKey],
    [/was changed after it was written/, text.replace(/("PASSWORD": ".*).{3}"/, '$1AAA"'), env],
    [
      /was written for another name/,
      text.replace('"HOST"', '"X"').replace('"PASSWORD"', '"HOST"').replace('"X"', '"PASSWORD"'),
      env,
    ],
    [/is no file of secrets/, `${text}${canaries.PASSWORD.value}`, env],
  ] as const) {
    await writeFile(path, content);
    for (const args of [['run'], ['secret', '--rotate'], ['secret', '-k', 'NEW', '-v', 'x']]) {
      const ended = await runCommand(folder, args, { ...variables, SLIGHT_DEBUG: '1' });
      assertSilent(ended, `${args.join(' ')} with ${message}`);
      if (args[0] === 'run') assert.match(ended.stderr, message);
    }
  }
});

for (const format of ['human', 'json']) {
  test(`no answer, log (${format}), trace, metric or page of a running app says a secret`, async (t) => {
    const port = await startRefusing(t);
    const collector = await startCollector();
    t.after(() => collector.close());
    const slightfile = `${head('start = "degraded"')}
[keyvalue]
notes = "sqlite"
away = "redis://u:\${secrets.PASSWORD}@127.0.0.1:${port}"
unknown = "redis://\${secrets.HOST}:1"
whole = "\${secrets.BIND}"
written = "redis://u:${written.value}@127.0.0.1:1"
[configs]
keys = { bind = "usersecrets", names = ["API_KEY"] }
settings = { bind = "envvars", secrets = ["SLIGHT_TEST_VARIABLE"] }
[telemetry]
traces = "${collector.url.replace('//', '//u:${secrets.SETTING}@')}"
metrics = true
`;
    // A setting that stands in a URL.
    const folder = await layOut(slightfile);
    await runCommand(folder, ['secret', '-k', 'SETTING'], env, encodeURIComponent(canaries.SETTING.value));
    const args = ['--health', '127.0.0.1:0', '--log-format', format, '--log-level', 'trace'];
    const app = await serveApp(folder, args, { ...env, SLIGHT_DEBUG: '1', OTEL_BSP_SCHEDULE_DELAY: '0' });
    const paths = ['/read', '/log', '/store', '/away', '/throw', '/uncaught', '/nowhere'];
    for (const path of paths) {
      const { body, headers } = await app.get(path);
      assertAbsent(body, path);
      assertAbsent(JSON.stringify([...headers]), `headers of ${path}`);
    }
    const read = JSON.parse((await app.get('/read')).body) as { length: number; key: string; other: object };
    assert.equal(read.length, canaries.API_KEY.value.length, 'the app has it');
    assert.deepEqual(read.key, '***');
    assert.equal((read.other as { code: string }).code, 'permission-denied', 'what is not listed it has not');
    assert.match((await app.get('/away')).body, /"code":"(unauthenticated|unavailable)"/);
    for (const page of ['/healthz', '/readyz', '/metrics']) {
      const answer = await fetch(new URL(page, app.health));
      const text = await answer.text();
      if (page === '/readyz') assert.match(text, /away/);
      assertAbsent(text, page);
    }
    await waitUntil('traces have come', () => collector.text().includes('keyvalue'));
    if (process.platform === 'linux') {
      // Of the supervisor, others see what it was given; of the worker nothing.
      const worker = await app.worker();
      for (const what of ['environ', 'cmdline']) {
        const shown = (await readFile(`/proc/${worker}/${what}`, 'latin1')).replaceAll(variable.value, '');
        if (what === 'environ') key.assertAbsent(shown, what);
        for (const canary of Object.values(canaries)) canary.assertAbsent(shown, what);
      }
    }
    // A reload that fails says why.
    await writeFile(join(folder, 'slightfile.toml'), slightfile.replace('secrets.HOST', 'secrets.HOSTS'));
    app.child.kill('SIGHUP');
    await waitUntil('it was refused', () => app.stderr().includes('there is no secret HOSTS'));
    assertSilent(await app.stop(), 'slight run');
    // The credentials of the collector go to the collector.
    assertAbsent(collector.text(), 'traces');
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.name === 'slightfile.toml') continue;
      assertAbsent(await readFile(join(file.parentPath, file.name)), `the file ${file.name}`);
    }
  });
}
