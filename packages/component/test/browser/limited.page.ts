/** For pages in which no thread can interrupt guests: `main.ts` runs it as it runs files of tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greeter } from '../greeter.ts';
import { pause, start } from '../fixture.ts';

declare const location: { readonly search: string };

const warning = new RegExp(new URLSearchParams(location.search).get('warning')!);

test('guests run, the page is warned once, and deadlines hold while guests wait', async () => {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => warnings.push(text);
  try {
    for (let round = 0; round < 2; round++) {
      const find = (id: number) => (id < 10 ? pause(`person ${id}`) : new Promise(() => {}));
      const instance = await start(greeter, { 'example:people/names@1.0.0': { find } });
      assert.equal(await instance.call('greet', [7], { cpu: 1 }), 'person 7');
      await assert.rejects(instance.call('greet', [10], { deadline: 5 }), { trap: 'deadline' });
    }
  } finally {
    console.warn = warn;
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /guests run uninterrupted/);
  assert.match(warnings[0]!, warning);
});
