import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromiumMissing } from '../../../packages/component/test/browser/chromium.ts';
import { serveApp } from '../../../packages/slight/test/slight.ts';
import type { Served } from '../../../packages/slight/test/slight.ts';
import { natsMissing, startNats } from '../../../test/servers/nats.ts';
import { findFreePort } from '../../../test/servers/process.ts';
import { redisMissing, startRedis } from '../../../test/servers/redis.ts';
import type { TestServer } from '../../../test/servers/server.ts';
import { buildChat, layOut } from './app.ts';
import { startBrowser } from './browser.ts';
import type { Browser, Page } from './browser.ts';

/** Pictures for the documentation: `CHAT_PICTURES=1 npm run test:chat`. */
const wantsPictures = process.env.CHAT_PICTURES !== undefined;
const pictures = join(import.meta.dirname, '../../../docs/images');

const missing = chromiumMissing || natsMissing || redisMissing;
const names = ['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Zoë'];

let redis: TestServer;
let nats: TestServer;
let browser: Browser;
let hosts: Served[];
/** Starts one of the hosts, on the port that the pages know. */
let startHost: (index: number) => Promise<Served>;
let pages: Page[];

before(async () => {
  if (missing !== false) return;
  const [component, ...servers] = await Promise.all([buildChat(), startRedis(), startNats()]);
  [redis, nats] = servers;
  const ports = [await findFreePort(), await findFreePort()];
  const folder = await layOut(component, [
    ['redis://127.0.0.1:6379', redis.url],
    ['nats://127.0.0.1:4222', nats.url],
  ]);
  const env = { CHAT_HOSTS: ports.map((port) => `http://127.0.0.1:${port}`).join(' ') };
  startHost = (index) =>
    serveApp(folder, ['--target', 'onprem', '--address', `127.0.0.1:${ports[index]}`], env);
  hosts = [await startHost(0), await startHost(1)];
  browser = await startBrowser();
});
after(async () => {
  await browser?.end();
  for (const host of hosts ?? []) await host.stop('SIGKILL');
  await redis?.stop();
  await nats?.stop();
});

/** The messages that a page shows, in order. */
const shownBy = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('#log .row[data-position] p')].map((p) => p.textContent)`,
  );

/** Types a message and sends it with Enter. */
async function say(page: Page, text: string): Promise<void> {
  await page.evaluate(`document.getElementById('text').focus()`);
  await page.type(text, 'Enter');
}

async function waitForAll(what: string, some: readonly Page[], count: number): Promise<void> {
  for (const page of some)
    await page.waitFor(
      what,
      `document.querySelectorAll('#log .row[data-position]').length >= ${count} && !document.querySelector('.waits')`,
    );
}

async function come(host: Served, name: string): Promise<Page> {
  const page = await browser.open(host.url);
  await page.waitFor('the page asks for a name', `document.activeElement?.id === 'name'`);
  await page.type(name, 'Enter');
  await page.waitFor('the page is connected', `document.querySelector('#state')?.dataset.state === 'here'`);
  await page.waitFor('the history was read', `document.querySelector('#log .empty')`);
  return page;
}

test('six pages on two hosts: every message everywhere, in one order, once', { skip: missing }, async () => {
  pages = await Promise.all(names.map((name, index) => come(hosts[index % 2]!, name)));
  for (const page of pages)
    await page.waitFor('all are here', `/^6 here/.test(document.getElementById('count').textContent)`);
  for (let round = 0; round < 5; round++)
    await Promise.all(pages.map((page, index) => say(page, `${names[index]} ${round}`)));
  await waitForAll('all have all', pages, 30);
  const all = await Promise.all(pages.map(shownBy));
  for (const shown of all) assert.deepEqual(shown, all[0]);
  assert.equal(new Set(all[0]).size, 30);
  for (const name of names)
    assert.deepEqual(
      all[0]!.filter((text) => text.startsWith(name)),
      [0, 1, 2, 3, 4].map((round) => `${name} ${round}`),
      'what one says keeps its order',
    );
});

test('text is text, and what is not read is counted', { skip: missing }, async () => {
  const [ada, grace] = pages as [Page, Page];
  const evil = `<img src=x onerror="document.title='bad'"> <b>&amp;</b>`;
  await say(grace, evil);
  await ada.waitFor(
    'it is shown as it is',
    `document.querySelector('#log .row:last-child p')?.textContent === ${JSON.stringify(evil)}`,
  );
  assert.equal(await ada.evaluate(`document.querySelectorAll('#log img, #log p b').length`), 0);
  await ada.evaluate(
    `[...document.querySelectorAll('#rooms button')].find((b) => b.dataset.room === 'garden').click()`,
  );
  await ada.waitFor(
    'another room',
    `document.getElementById('title').textContent === 'garden' && document.querySelector('.empty')`,
  );
  await say(grace, 'are you there?');
  await ada.waitFor(
    'one is unread',
    `document.querySelector('[data-room=lobby] .unread').textContent === '1'`,
  );
  assert.match(await ada.evaluate('document.title'), /^\(1\)/);
  await ada.evaluate(`document.querySelector('[data-room=lobby]').click()`);
  await ada.waitFor(
    'it is marked',
    `document.querySelector('.note.fresh + .row p')?.textContent === 'are you there?'`,
  );
  await ada.waitFor('none is unread', `document.querySelector('.unread:not([hidden])') === null`);
  await ada.waitFor('a digest has come', `/6 people/.test(document.getElementById('digest').textContent)`);
});

test('the keyboard is enough', { skip: missing }, async () => {
  const page = pages[2]!;
  const focus = () =>
    page.evaluate<string>(`document.activeElement.dataset.room ?? document.activeElement.id`);
  await page.evaluate(`document.querySelector('[data-room=lobby]').focus()`);
  const order = [await focus()];
  for (let count = 0; count < 7; count++) {
    await page.type('', 'Tab');
    order.push(await focus());
  }
  // The button that opens a room has no id.
  assert.deepEqual(order, ['lobby', 'garden', 'workshop', 'room-name', '', 'leave', 'scroll', 'text']);
  const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`);
  assert.notEqual(outline, 'none', 'what has the focus is seen');
  await page.type('two', 'Enter');
  await page.waitFor('it is sent', `document.querySelector('.row:last-child p').textContent === 'two'`);
});

/** At once, without a word to anybody. */
async function kill(host: Served): Promise<void> {
  const workers = await host.workers();
  assert.ok(workers.length > 0);
  for (const pid of [host.child.pid!, ...workers]) process.kill(pid, 'SIGKILL');
  await host.ended;
}

/** All pages speak while a host dies: some of what they say is under way then. */
async function talkWhile(dies: Served, topic: string): Promise<void> {
  const count = 8;
  const before = (await shownBy(pages[0]!)).length;
  const talk = pages.map(async (page, index) => {
    for (let round = 0; round < count; round++) {
      await say(page, `${names[index]} ${topic} ${round}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 120));
  await kill(dies);
  await Promise.all(talk);
  await waitForAll('all have all', pages, before + names.length * count);
  const all = await Promise.all(pages.map(shownBy));
  for (const shown of all) assert.deepEqual(shown, all[0]);
  const said = all[0]!.filter((text) => text.includes(topic));
  for (const name of names)
    assert.deepEqual(
      said.filter((text) => text.startsWith(name)),
      Array.from({ length: count }, (_, round) => `${name} ${topic} ${round}`),
    );
  for (const page of pages) {
    await page.waitFor('it is connected', `document.querySelector('#state').dataset.state === 'here'`);
    assert.deepEqual(page.faults, []);
  }
}

/** Pictures for the documentation, after a talk in another room. */
async function drawPictures(): Promise<void> {
  const [ada, grace, linus, barbara] = pages as [Page, Page, Page, Page];
  for (const page of pages) {
    await page.evaluate(`document.querySelector('[data-room=workshop]').click()`);
    await page.waitFor(
      'in the workshop',
      `document.getElementById('title').textContent === 'workshop' && document.querySelector('.empty')`,
    );
  }
  const talk: readonly (readonly [Page, string])[] = [
    [grace, 'Morning! The host in the east is up, pages come in through both.'],
    [grace, 'Same binary as on my laptop; only the target differs.'],
    [ada, 'Let me try something: I pull the plug of the first one while we talk.'],
    [linus, 'Already gone? My page said “Connecting …” for a blink, then went on.'],
    [
      barbara,
      'Nothing missing here:\nevery message has its position,\nso a page sees a gap and asks for what it lacks.',
    ],
    [ada, 'That was the idea. History comes from the store, what is live from the channel.'],
    [linus, 'And <b>HTML</b> stays text.'],
  ];
  let said = 0;
  for (const [page, text] of talk) {
    await say(page, text);
    await waitForAll('said', pages, ++said);
  }
  const edsger = pages[4]!;
  await edsger.evaluate(`document.querySelector('[data-room=garden]').click()`);
  await edsger.waitFor('in the garden', `document.getElementById('title').textContent === 'garden'`);
  await say(edsger, 'Anybody here?');
  await ada.waitFor(
    'something is unread',
    `document.querySelector('[data-room=garden] .unread:not([hidden])')`,
  );
  // The host that was killed may have had the lock.
  await ada.waitFor('a digest', `/ 5 people/.test(document.getElementById('digest').textContent)`);
  await mkdir(pictures, { recursive: true });
  for (const [name, width, height, scheme] of [
    ['light', 1200, 760, 'light'],
    ['dark', 1200, 760, 'dark'],
    ['phone', 390, 780, 'dark'],
  ] as const) {
    const png = await ada.picture(width, height, scheme);
    assert.ok(png.length < 200_000, `${name} has ${png.length} bytes`);
    await writeFile(join(pictures, `chat-${name}.png`), png);
  }
}

const killed = 'a host is killed: its pages go on through the other, and nothing is lost';
test(killed, { skip: missing }, () => talkWhile(hosts[0]!, 'goes on'));

test('it comes back, and the other one is killed', { skip: missing }, async () => {
  hosts[0] = await startHost(0);
  await talkWhile(hosts[1]!, 'goes back');
  // This host ends with this test.
  if (wantsPictures) await drawPictures();
});
