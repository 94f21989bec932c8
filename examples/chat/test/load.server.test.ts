import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { boundConnections } from '../../../packages/slight/src/host/worker/open-files.ts';
import { serveApp } from '../../../packages/slight/test/slight.ts';
import { subscribe } from '../../../packages/slight/test/subscriber.ts';
import type { Subscriber } from '../../../packages/slight/test/subscriber.ts';
import { ask, buildChat, enter, layOut } from './app.ts';

const count = 1_000;
const tooFew = boundConnections(count).held.count < count && 'too few open files: raise ulimit -n';

test(
  'a thousand open pages on one host: each hears all, memory is bounded',
  { skip: tooFew },
  async (context) => {
    const host = await serveApp(await layOut(await buildChat()));
    const pid = await host.worker();
    const resident = () =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
    // Nobody may open more than sixty in a minute.
    const tokens: string[] = [];
    for (let person = 0; person < 20; person++) tokens.push(await enter(host.url, `Person ${person}`));
    const idle = resident();
    let heard = 0;
    const clients: Subscriber[] = [];
    const open = (token: string) =>
      subscribe(
        `${host.url}/rooms/lobby/events`,
        'event-stream',
        { authorization: `Bearer ${token}` },
        (text) => {
          if (text.includes('"text":"to all')) heard++;
        },
      );
    while (clients.length < count) clients.push(...(await Promise.all(tokens.map(open))));
    for (const { head } of clients) assert.match(head, /^HTTP\/1\.1 200 /);
    const said = 10;
    for (let index = 0; index < said; index++) {
      const body = { id: `message-${index}`, text: `to all ${index}` };
      assert.equal((await ask(`${host.url}/rooms/lobby/messages`, tokens[0], body)).status, 201);
    }
    // As long as anything arrives it is only slow.
    for (let before = -1, quiet = 0; heard < count * said && quiet < 20;) {
      quiet = heard === before ? quiet + 1 : 0;
      before = heard;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.equal(heard, count * said);
    const after = resident();
    context.diagnostic(`MiB: ${idle.toFixed(0)} idle, ${after.toFixed(0)} with ${count} pages`);
    assert.ok(after - idle < 400, `${idle} MiB, then ${after}`);
    for (const { socket } of clients) socket.destroy();
    await host.stop();
  },
);
