import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { etcdMissing, startEtcd } from '../../../../test/servers/etcd.ts';
import { natsMissing, startNats } from '../../../../test/servers/nats.ts';
import { postgresMissing, startPostgres } from '../../../../test/servers/postgres.ts';
import type { TestServer } from '../../../../test/servers/server.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { openCapability } from '../capabilities/core/open.ts';

interface Kind {
  readonly name: string;
  readonly skip: string | false;
  start(): Promise<TestServer>;
  bind(server: TestServer): string;
}

const kinds: readonly Kind[] = [
  { name: 'NATS', skip: natsMissing, start: () => startNats(), bind: ({ url }) => url },
  {
    name: 'etcd',
    skip: etcdMissing,
    start: () => startEtcd(),
    bind: ({ url }) => url.replace('http', 'etcd'),
  },
  { name: 'PostgreSQL', skip: postgresMissing, start: () => startPostgres(), bind: ({ url }) => url },
];

const timeout = 500;
/** Bytes of each value, and operations in each round. */
const size = 256 * 1024;
const many = 400;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are not given back, of buffers and of objects. */
async function readMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await sleep(10);
  }
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}

for (const { name, skip, start, bind } of kinds) {
  void suite(`a server that takes nothing: ${name}`, { skip }, () => {
    void test('operations end, and what they leave behind is bounded', async () => {
      const server = await start();
      try {
        const store = await openCapability(
          'keyvalue',
          { name: 'notes', bind: bind(server), config: {} },
          // Without the breaker, which would spare the client.
          { dataDir: 'unused', timeout, resilience: { retries: 0, breaker: 0, pending: 100_000 } },
        );
        await store.set('key', new Uint8Array(size));
        const before = await readMemory();
        server.pause();
        const seen = new Set<string>();
        async function attempt(): Promise<void> {
          const calls = Array.from({ length: many }, (_, index) =>
            store.set(`k${index}`, new Uint8Array(size)),
          );
          for (const result of await Promise.allSettled(calls)) {
            assert.ok(result.status === 'rejected' && result.reason instanceof CapabilityError);
            seen.add(result.reason.code);
          }
        }
        for (let round = 0; round < 4; round++) await attempt();
        // What is under way is given up a little later. The server is as deaf as before, and all that was asked for are 400 MiB.
        const most = before + 96 * 1024 * 1024;
        let now = await readMemory();
        for (const end = performance.now() + 5_000; now > most && performance.now() < end;)
          now = await readMemory();
        assert.ok(now <= most, `${now - before} bytes more`);
        for (const code of seen) assert.match(code, /^(timeout|unavailable|resource-exhausted)$/);
        server.resume();
        for (let failed = 0; ; failed++) {
          try {
            await store.set('key', new Uint8Array(size));
            break;
          } catch (error) {
            if (failed > 50) throw error;
            await sleep(100);
          }
        }
        await store.close();
      } finally {
        server.resume();
        await server.stop();
      }
    });
  });
}
