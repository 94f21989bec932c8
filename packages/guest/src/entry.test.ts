import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from './answer.ts';
import { toCommandHandler } from './command.ts';
import { toHttpTextHandler } from './entry.ts';
import { toMessageHandler } from './events.ts';
import { router } from './router.ts';

class App {
  fetch() {
    return text('x');
  }
}

test('what is no app is refused while it is built, and named', () => {
  const write = 'write `export default app;`, where `const app = router();`';
  for (const [value, what, advice] of [
    [undefined, 'undefined', write],
    [null, 'null', write],
    ['hello', 'a string', write],
    [App, 'a class', write],
    [new App(), 'an empty object', write],
    [{ fetch: () => text('x') }, 'an object of fetch', write],
    [text('hello'), 'an answer', write],
    [Promise.resolve(router()), 'a promise', 'await it: `export default await …;`'],
  ] as const)
    assert.throws(() => toHttpTextHandler(value), {
      name: 'TypeError',
      message: `the app's export is ${what}, which answers no request; ${advice}`,
    });
  for (const app of [router(), () => text('x'), async () => text('x'), { handle: async () => text('x') }])
    assert.equal(typeof toHttpTextHandler(app).handle, 'function');
});

test('a class is no handler of anything else either', () => {
  assert.throws(() => toMessageHandler(App), /^TypeError: the app's export onMessage is no function/);
  assert.throws(() => toCommandHandler(App), /^TypeError: the app's export command is no function/);
});
