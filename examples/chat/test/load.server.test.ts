import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { boundConnections } from '../../../packages/slight/src/host/open-files.ts';
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
    const token = await enter(host.url, 'Ada');
    const headers = { authorization: `Bearer ${token}` };
    const idle = resident();
    let heard = 0;
    const clients: Subscriber[] = [];
    for (let opened = 0; opened < count; opened += 20)
      clients.push(
        ...(await Promise.all(
          Array.from({ length: 20 }, () =>
            subscribe(`${host.url}/rooms/lobby/events`, 'event-stream', headers, (text) => {
              if (text.includes('"text":"to all')) heard++;
            }),
          ),
        )),
      );
    const said = 10;
    for (let index = 0; index < said; index++) {
      const body = { id: `message-${index}`, text: `to all ${index}` };
      assert.equal((await ask(`${host.url}/rooms/lobby/messages`, token, body)).status, 201);
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
