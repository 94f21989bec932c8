import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import test from 'node:test';
import { CapabilityError } from '../capabilities/core/error.ts';
import { SecretsError } from '../secrets/error.ts';
import { SlightfileError } from '../slightfile/error.ts';
import { reportError } from './report.ts';
import { UsageError } from './usage.ts';

/** What is printed for an error, and the exit code. */
function report(error: unknown): { text: string; code: number } {
  const stream = new PassThrough({ encoding: 'utf8' });
  const code = reportError(error, stream);
  return { text: stream.read() as string, code };
}

const trace = /\n\s+at /;

test('errors written for people are printed as they are', () => {
  const problem = { span: { line: 1, column: 5, width: 1 }, message: 'a mistake', fix: 'mend it' };
  const file = report(new SlightfileError('slightfile.toml', 'a = 1', [problem]));
  assert.equal(
    file.text,
    'slight: slightfile.toml:1:5: a mistake\n  1 | a = 1\n    |     ^\n  fix: mend it\n',
  );
  assert.equal(file.code, 1);
  const capability = report(
    new CapabilityError('unavailable', 'keyvalue orders: redis://cache does not answer'),
  );
  assert.equal(capability.text, 'slight: keyvalue orders: redis://cache does not answer\n');
  const cured = report(new CapabilityError('invalid-argument', 'not so', { fix: 'but so' }));
  assert.equal(cured.text, 'slight: not so\n  fix: but so\n');
  const secrets = report(new SecretsError('no key', 'make one'));
  assert.equal(secrets.text.match(/fix: /g)?.length, 1);
  const usage = report(new UsageError('no file was named'));
  assert.deepEqual(usage, { text: 'slight: no file was named\n', code: 2 });
});

test('what the system refuses is said in words, with a way out', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const inUse = await new Promise((resolve) =>
    createServer().once('error', resolve).listen(port, '127.0.0.1'),
  );
  const { text, code } = report(inUse);
  assert.match(
    text,
    new RegExp(`^slight: 127\\.0\\.0\\.1:${port} is in use by another program\\n {2}fix: .*--address`),
  );
  assert.equal(code, 1);
  const missing = await readFile('/nowhere/app.wasm').catch((error: unknown) => error);
  assert.match(report(missing).text, /^slight: there is no \/nowhere\/app\.wasm\n {2}fix: /);
  assert.match(report(await readFile('/').catch((error: unknown) => error)).text, /is a folder/);
});

test('several errors are all told', () => {
  const { text } = report(new AggregateError([new UsageError('one'), new UsageError('two')]));
  assert.equal(text, 'slight: one\nslight: two\n');
});

test('everything else is a defect: said so, without its stack', () => {
  for (const thrown of [new TypeError('x is not a function'), 'a text', undefined]) {
    const { text, code } = report(thrown);
    assert.match(text, /^slight: unexpected: .*\n {2}fix: this is a defect of slight/);
    assert.doesNotMatch(text, trace);
    assert.equal(code, 1);
  }
});

test('SLIGHT_DEBUG=1 shows stacks and causes', (t) => {
  process.env.SLIGHT_DEBUG = '1';
  t.after(() => delete process.env.SLIGHT_DEBUG);
  const { text } = report(new UsageError('outer', { cause: new Error('inner') }));
  assert.match(text, trace);
  assert.match(text, /caused by: Error: inner/);
});

test('credentials are hidden, and terminals obey no error', () => {
  process.env.SLIGHT_DEBUG = '1';
  const { text } = report(new Error('\u001b[2Jconnect redis://user:c4nary@cache:6379 password=c4nary'));
  delete process.env.SLIGHT_DEBUG;
  assert.doesNotMatch(text, /c4nary/);
  assert.doesNotMatch(text.split('\n')[0]!, /\u001b/);
});
