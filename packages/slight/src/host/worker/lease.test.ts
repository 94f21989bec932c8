import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSlightfile } from '../../slightfile/absent.ts';
import type { Guest } from './guests.ts';
import { openHeldHandler, openStream } from './lease.ts';
import type { Pool } from './pool.ts';

const { limits } = withoutSlightfile('app.wasm');

test('exports of a compatible version are taken as those of this one, and no others', async () => {
  const open = (handler: string) => openHeldHandler({} as Pool<Guest>, [handler], limits, undefined);
  const stream = (exported: string) => {
    const instance = { call: async () => ({ tag: 'end' }) };
    const guest = { instance, context: {} } as unknown as Guest;
    return openStream(guest, [exported], limits, new AbortController().signal, () => undefined);
  };
  for (const version of ['0.6.0', '0.6.7']) {
    assert.ok(open(`spiderlightning:cloud/held-handler@${version}`), version);
    assert.equal(await stream(`spiderlightning:cloud/http-stream@${version}`).next(), undefined);
  }
  assert.equal(open('spiderlightning:cloud/held-handler@0.7.0'), undefined);
  assert.throws(() => stream('spiderlightning:cloud/http-stream@0.7.0'), { status: 502 });
});
