import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeCommand } from '../../slightfile/model.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { withoutSlightfile } from '../../slightfile/absent.ts';
import { superviseCommand } from './command-supervisor.ts';
import { createLog } from '../log/log.ts';
import type { WorkerProcess } from './worker-process.ts';

const ready = { type: 'ready', url: undefined, rows: [] } as const;

/** Runs a command whose processes end with these codes, one after the other. */
async function run(
  restart: Slightfile['command']['restart'],
  codes: readonly (number | Error | undefined)[],
  stopped: 'before' | 'while it starts' | 'while it runs' | undefined = undefined,
) {
  const pauses: number[] = [];
  const said: string[] = [];
  const stop = new AbortController();
  if (stopped === 'before') stop.abort('SIGINT');
  let count = 0;
  const file = { ...withoutSlightfile('app.wasm'), command: { ...freeCommand, restart } };
  const launch = { file, component: new Uint8Array(), fd: undefined, listens: false, permissions: [] };
  const code = await superviseCommand(
    launch,
    {
      log: createLog({ write: (text) => void said.push(text), terminal: false }),
      onStart: () => void (stopped === 'while it runs' && stop.abort('SIGINT')),
      onWorker: () => undefined,
      onCounted: () => undefined,
      stop: stop.signal,
    },
    () => {
      const result = codes[count++];
      if (stopped === 'while it starts') setImmediate(() => stop.abort('SIGINT'));
      const worker: Partial<WorkerProcess> = {
        started: new Promise((resolve) => {
          const told = result instanceof Error ? { failure: result } : ready;
          if (stopped === 'while it starts') stop.signal.addEventListener('abort', () => resolve(told));
          else resolve(told);
        }),
        finished: Promise.resolve(result instanceof Error ? undefined : result),
        ended: Promise.resolve('it ended with SIGKILL'),
        drain: () => undefined,
      };
      return worker as WorkerProcess;
    },
    async (milliseconds) => {
      pauses.push(milliseconds);
      if (count === codes.length) stop.abort('SIGTERM');
    },
  );
  return { code, pauses, count, said: said.join('') };
}

test('a command that is not to be started again gives its code', async () => {
  assert.deepEqual((await run('never', [7, 0])).code, 7);
  const killed = await run('never', [undefined, 0]);
  assert.equal(killed.code, 1);
  assert.match(killed.said, /the process of the command is gone: it ended with SIGKILL/);
  assert.deepEqual(
    [(await run('on-failure', [3, 0, 5])).code, (await run('on-failure', [0, 5])).count],
    [0, 1],
  );
});

test('pauses grow up to ten seconds while it ends at once, and a signal ends it all', async () => {
  const { code, pauses } = await run('always', [0, 1, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(code, 143);
  assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
});

test('where it cannot be started the first time that is its failure; later it is tried again', async () => {
  await assert.rejects(run('always', [new Error('no backend')]), /no backend/);
  const { count, said } = await run('on-failure', [1, new Error('no backend'), 1]);
  assert.equal(count, 3);
  assert.match(said, /could not be started: no backend/);
});

test('a signal that came before it was started starts nothing', async () => {
  const { code, count } = await run('always', [0], 'before');
  assert.deepEqual([code, count], [130, 0]);
});

test('one that comes while it starts or runs ends it, and what its process says of that is no failure', async () => {
  const starting = await run('always', [new Error('it ended with SIGKILL')], 'while it starts');
  assert.deepEqual([starting.code, starting.count, starting.said], [130, 1, '']);
  const running = await run('always', [undefined], 'while it runs');
  assert.deepEqual([running.code, running.count, running.said], [130, 1, '']);
});
