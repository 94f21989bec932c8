import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHealth } from './health.ts';

test('each page has its answer, and one that fails takes nobody along', async (t) => {
  let broken = false;
  const { url, close } = await startHealth(
    { host: '127.0.0.1', port: 0 },
    {
      async health() {
        if (broken) throw new Error('on purpose');
        return { ok: true, workers: 1 };
      },
      readiness: async () => ({ ok: false }),
      metrics: async () => undefined,
    },
  );
  t.after(close);
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(new URL(path, url), { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask('/healthz?x=1'), [200, '{"ok":true,"workers":1}\n']);
  assert.deepEqual(await ask('/healthz', 'HEAD'), [200, '']);
  assert.deepEqual(await ask('/readyz'), [503, '{"ok":false}\n']);
  assert.deepEqual(await ask('/metrics'), [404, '']);
  assert.deepEqual(await ask('/'), [404, '']);
  assert.deepEqual(await ask('/healthz', 'POST'), [405, '']);
  broken = true;
  await assert.rejects(ask('/healthz'));
  assert.deepEqual(await ask('/readyz'), [503, '{"ok":false}\n']);
});

test('a connection is kept for longer than a minute, the longest usual pause between two questions', async (t) => {
  const page = async () => ({ ok: true });
  const pages = { health: page, readiness: page, metrics: async () => undefined };
  const { url, close } = await startHealth({ host: '127.0.0.1', port: 0 }, pages);
  t.after(close);
  const answer = await fetch(url);
  await answer.text();
  const kept = Number(/timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '')?.[1]);
  assert.ok(kept > 60, `${kept} seconds`);
});
