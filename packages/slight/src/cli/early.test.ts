import assert from 'node:assert/strict';
import test from 'node:test';
import { guessOptions, startEarly } from './early.ts';

test('options that are written plainly are guessed', () => {
  assert.deepEqual(guessOptions([]), {});
  assert.deepEqual(guessOptions(['app.wasm', '--watch-app']), { app: 'app.wasm' });
  assert.deepEqual(
    guessOptions(['-c', 'a.toml', '--config', 'b.toml', '--address', '[::1]:0', '--target', 'test']),
    { config: 'b.toml', address: '[::1]:0', target: 'test' },
  );
  assert.deepEqual(guessOptions(['--workers', '2', '--health', 'a:1', '--log-format', 'json', 'x']), {
    app: 'x',
  });
});

test('what is written otherwise is left to those who know all of it', async () => {
  for (const args of [['--config=a.toml'], ['-ca.toml'], ['a', 'b'], ['--', 'x'], ['--help'], ['--target']]) {
    assert.equal(guessOptions(args), undefined, args.join(' '));
    assert.equal(await startEarly(args), undefined);
  }
});

test('what is wrong is told of by those who check it', async () => {
  assert.equal(await startEarly(['-c', '/nowhere/slightfile.toml']), undefined);
  assert.equal(await startEarly(['/nowhere/app.wasm', '--address', 'no address']), undefined);
});
