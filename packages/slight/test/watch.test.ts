import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openCapability } from '../src/capabilities/core/open.ts';
import { buildScriptGuest } from './guests.ts';
import { appFolder, findChild, runCommand, startCommand, waitUntil } from './slight.ts';

let component: Uint8Array;
before(async () => (component = await buildScriptGuest('worker-only')));

const slightfile = `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
seen = "sqlite"
shop = "sqlite"
[[watch]]
name = "prices"
store = "shop"
prefix = "price/"
`;

interface Note {
  readonly keys: readonly string[];
  readonly resync: boolean;
}

async function openStores(folder: string) {
  const around = { dataDir: `${folder}/.slight`, timeout: 5_000 };
  const open = (name: string) => openCapability('keyvalue', { name, bind: 'sqlite', config: {} }, around);
  const [seen, shop] = await Promise.all([open('seen'), open('shop')]);
  const notes = async (): Promise<Note[]> => {
    const { keys } = await seen.keys({ prefix: 'prices/', limit: 1_000 });
    const values = await Promise.all(keys.toSorted().map(async (key) => seen.get(key)));
    return values.map((value) => JSON.parse(Buffer.from(value!).toString()) as Note);
  };
  return {
    shop,
    notes,
    told: async () => (await notes()).flatMap(({ keys }) => keys),
    resyncs: async () => (await notes()).filter(({ resync }) => resync).length,
    tell: (how: string) => seen.set('how/prices', Buffer.from(how)),
    async close() {
      await seen.close();
      await shop.close();
    },
  };
}

test('an app hears of the keys that change, once on each host, and what it fails with comes again', async () => {
  const folder = await appFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  const app = startCommand(folder, ['run', '--workers', '2']);
  await waitUntil('it runs', () => app.stderr().includes('\nrunning\n'));
  const { shop, told, resyncs, tell, close } = await openStores(folder);
  await waitUntil('it looks at everything', async () => (await resyncs()) === 1);
  await shop.set('other', Buffer.from('1'));
  await shop.set('price/a', Buffer.from('1'));
  await waitUntil('it hears', async () => (await told()).length > 0);
  assert.deepEqual(await told(), ['price/a']);
  await tell('throw');
  await shop.delete('price/a');
  await waitUntil('it comes again', async () => (await told()).length >= 4);
  await tell('');
  assert.deepEqual(new Set(await told()), new Set(['price/a']));

  process.kill((await findChild(app.child.pid!))!, 'SIGKILL');
  await waitUntil('the next worker looks at everything', async () => (await resyncs()) >= 2);
  await shop.set('price/b', Buffer.from('2'));
  await waitUntil('it hears', async () => (await told()).includes('price/b'));
  app.child.kill('SIGTERM');
  const { code, stderr } = await app.ended;
  assert.equal(code, 0);
  assert.match(stderr, /watch prices: shop price\/\*\n/);
  assert.match(stderr, / event watch prices ok /);
  assert.match(stderr, / error app \| \[[\w-]{36}\] watch prices failed: Error: as it was told\n/);
  await close();
});

test('a watch of a store that there is not is refused', async () => {
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': slightfile.replace('store = "shop"', 'store = "none"'),
  });
  const { code, stderr } = await runCommand(folder, ['run']);
  assert.equal(code, 1);
  assert.match(stderr, /:7:3: \[\[watch\]\] names store = "none", and \[keyvalue\] has no such line/);
});
