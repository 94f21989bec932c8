import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildScriptGuest } from './guests.ts';
import { appFolder, runCommand, serveApp, waitUntil } from './slight.ts';

let component: Uint8Array;
let command: Uint8Array;
before(async () => {
  component = await buildScriptGuest('live');
  command = await buildScriptGuest('command');
});

const slightfile = (channels: string) => `specversion = "0.3"
[app]
component = "app.wasm"
[messaging]
events = "sqlite"
[http]
channels = "${channels}"
[limits]
workers = 2
`;

/** Reads an event stream until it is ended. */
async function follow(url: string) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const heard = { text: '' };
  void (async () => {
    for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) heard.text += piece;
  })().catch(() => undefined);
  return heard;
}

test('what an app says on a channel reaches the clients of another host, once and in order', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile('events') });
  const [one, two] = [await serveApp(folder), await serveApp(folder)];
  const streams = [one, one, two, two].map(({ url }) => follow(`${url}/events/news?quiet`));
  const heard = await Promise.all(streams);
  const post = (url: string, body: string) => fetch(`${url}/say/news?count=3`, { method: 'POST', body });
  assert.equal((await post(one.url, 'first')).status, 204);
  assert.equal((await post(two.url, 'second')).status, 204);
  const pieces = (text: string, from: string) =>
    [...text.matchAll(/^data: (\S+)$/gm)].map(([, data]) => data!).filter((data) => data.startsWith(from));
  await waitUntil('all have heard all', () =>
    heard.every(({ text }) => ['first', 'second'].every((from) => pieces(text, from).length >= 3)),
  );
  for (const { text } of heard)
    for (const from of ['first', 'second'])
      assert.deepEqual(pieces(text, from), [`${from}.0`, `${from}.1`, `${from}.2`]);
  await Promise.all([one.stop(), two.stop()]);
});

test('what a command says on a channel reaches the clients of hosts', async () => {
  const folder = await appFolder({
    'app.wasm': component,
    'command.wasm': command,
    'slightfile.toml': slightfile('events'),
    'command.toml': `${slightfile('events').replace('app.wasm', 'command.wasm')}[keyvalue]\nruns = "sqlite"\n`,
  });
  const host = await serveApp(folder);
  const heard = await follow(`${host.url}/events/news?quiet`);
  for (const text of ['first', 'second'])
    assert.equal((await runCommand(folder, ['run', '-c', 'command.toml', '--', 'say', text])).code, 0);
  await waitUntil('both are heard', () => heard.text.includes('data: second\n'));
  assert.match(heard.text, /data: first\n[^]*data: second\n/);
  await host.stop();
});

test('channels that nothing carries are refused at the start', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile('elsewhere') });
  const { code, stderr } = await runCommand(folder, ['run', '--address', '127.0.0.1:0']);
  assert.equal(code, 1);
  assert.match(stderr, /\[http\] channels = "elsewhere": .*"elsewhere" was not granted/);
});
