import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDoorbell } from './doorbell.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function makeFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-doorbell-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'not there yet', 'app.bell');
}

/** A listener, with a promise for its next call. */
function makeEar() {
  let heard = Promise.withResolvers<void>();
  let calls = 0;
  return {
    listener: () => {
      calls++;
      heard.resolve();
      heard = Promise.withResolvers();
    },
    next: () => heard.promise,
    calls: () => calls,
  };
}

function startProcess(t: TestContext, file: string, flags: readonly string[] = []) {
  const script = fileURLToPath(new URL('../../test/clients/doorbell-process.ts', import.meta.url));
  const child = spawn(process.execPath, [...flags, script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const count = (word: string) => output.split('\n').filter((line) => line === word).length;
  return {
    ring: () => child.stdin.write('ring\n'),
    heard: () => count('heard'),
    async until(word: string, times = 1) {
      while (count(word) < times) await once(child.stdout, 'data');
    },
    ended: once(child, 'exit'),
    end: () => child.stdin.end(),
  };
}

/** Looks of the safety are far apart here: what is heard was rung. */
function withoutSafety(t: TestContext): void {
  t.mock.timers.enable({ apis: ['setInterval'] });
}

void test('whoever listens hears a ring of the same process, once for those of one turn', async (t) => {
  withoutSafety(t);
  const file = makeFile(t);
  const bells = [openDoorbell(file), openDoorbell(file)];
  t.after(() => bells.forEach((bell) => bell.close()));
  const ears = bells.map((bell) => {
    const ear = makeEar();
    bell.listen(ear.listener);
    return ear;
  });
  const all = Promise.all(ears.map((ear) => ear.next()));
  for (let i = 0; i < 100; i++) bells[i % 2]!.ring();
  assert.deepEqual(
    ears.map(({ calls }) => calls()),
    [0, 0],
    'not within the turn',
  );
  await all;
  await turn();
  // The one who rings, and at most the events of its own write.
  for (const ear of ears) assert.ok(ear.calls() <= 3, `${ear.calls()} calls`);
  assert.equal(readFileSync(file, 'utf8').length, 1, 'a ring does not make the file grow');
});

for (const permission of [false, true]) {
  void test(`processes wake each other${permission ? ', also under the permission model' : ''}`, async (t) => {
    withoutSafety(t);
    const file = makeFile(t);
    const flags = permission
      ? [
          '--permission',
          '--allow-fs-read=*',
          `--allow-fs-write=${join(file, '..')}`,
          `--allow-fs-write=${join(file, '..')}/*`,
        ]
      : [];
    const other = startProcess(t, file, flags);
    const bell = openDoorbell(file);
    t.after(() => bell.close());
    const ear = makeEar();
    bell.listen(ear.listener);
    await other.until('ready');

    const before = other.heard();
    bell.ring();
    await other.until('heard', before + 1);

    await turn();
    const waiting = ear.next();
    other.ring();
    await waiting;
    other.end();
    assert.deepEqual(await other.ended, [0, null], 'a doorbell keeps no process alive');
  });
}

void test('a listener that ended hears nothing, nor does one of a closed bell', async (t) => {
  withoutSafety(t);
  const file = makeFile(t);
  const [one, two, three] = [openDoorbell(file), openDoorbell(file), openDoorbell(file)];
  const ears = [makeEar(), makeEar(), makeEar()];
  one.listen(ears[0]!.listener)();
  two.listen(ears[1]!.listener);
  three.listen(ears[2]!.listener);
  two.close();
  two.close();
  const heard = ears[2]!.next();
  three.ring();
  await heard;
  assert.deepEqual([ears[0]!.calls(), ears[1]!.calls()], [0, 0]);
  one.close();
  three.close();
  two.ring();
  await turn();
  assert.deepEqual([ears[0]!.calls(), ears[1]!.calls()], [0, 0]);
});

void test('without any ring, listeners are called once a second', async (t) => {
  withoutSafety(t);
  const bell = openDoorbell(makeFile(t));
  t.after(() => bell.close());
  const ear = makeEar();
  bell.listen(ear.listener);
  for (let second = 0; second < 3; second++) {
    const heard = ear.next();
    t.mock.timers.tick(1_000);
    await heard;
  }
});

void test('a bell whose file was removed is hung again', async (t) => {
  withoutSafety(t);
  const file = makeFile(t);
  const bell = openDoorbell(file);
  t.after(() => bell.close());
  const ear = makeEar();
  bell.listen(ear.listener);
  rmSync(file);
  t.mock.timers.tick(1_000);
  assert.ok(statSync(file).isFile());
  const other = startProcess(t, file);
  await other.until('ready');
  await turn();
  const heard = ear.next();
  other.ring();
  await heard;
});
