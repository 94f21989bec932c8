import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { launchRunner, launchThrough, startRunner } from '../capabilities/sql/launch.ts';
import { parseSlightfile } from '../slightfile/parse.ts';
import { launchBySupervisor, launchFor, type Launched, type LaunchWish } from './runner-launch.ts';

const appWith = (tables: string) =>
  parseSlightfile(`specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n${tables}`, '/app/slightfile.toml', {
    env: {},
  });

/** A worker that keeps what it is sent. */
function makeWorker(connected = true) {
  const sent: { readonly answer: Launched; readonly socket: Socket | undefined }[] = [];
  const send = (answer: Launched, socket: Socket | undefined) => sent.push({ answer, socket });
  return { sent, worker: { connected, send } as unknown as ChildProcess };
}

test('a worker gets a process for SQL where its app was granted that, and none otherwise', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'slight-launch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const order = { path: join(folder, 'a.db'), timeout: 1_000 };
  const wish: LaunchWish = { type: 'launch', id: 7, order };
  const { sent, worker } = makeWorker();
  await launchFor(worker, appWith('[keyvalue]\na = "sqlite"\n'), wish);
  await launchFor(worker, appWith('[sql]\na = "sqlite"\n'), wish);
  assert.deepEqual(
    sent.map(({ answer }) => answer),
    [
      { type: 'launched', id: 7, failure: '[sql] was not granted' },
      { type: 'launched', id: 7 },
    ],
  );
  assert.equal(sent[0]!.socket, undefined);
  assert.ok(sent[1]!.socket instanceof Socket);
  sent[1]!.socket.destroy();
});

test('each wish gets its own answer, in whatever order they come', async (t) => {
  t.after(() => launchThrough(startRunner));
  const wishes: LaunchWish[] = [];
  const launched = launchBySupervisor((wish) => void wishes.push(wish));
  const order = { path: '/a.db', timeout: 1 };
  const [one, other, third] = [launchRunner(order), launchRunner(order), launchRunner(order)];
  const [first, second] = [new Socket(), new Socket()];
  launched({ type: 'launched', id: wishes[1]!.id }, second);
  launched({ type: 'launched', id: wishes[0]!.id }, first);
  launched({ type: 'launched', id: wishes[2]!.id, failure: 'no more processes' }, undefined);
  assert.equal(await one, first);
  assert.equal(await other, second);
  await assert.rejects(third, /no more processes/);
});
