import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexByTrack, versionTrack } from './versions.ts';

const tracks: readonly (readonly [string, string | undefined])[] = [
  ['wasi:io/poll@0.2.12', 'wasi:io/poll@0.2'],
  ['wasi:io/poll@0.2.0+build.7', 'wasi:io/poll@0.2'],
  ['a:b/c@1.4.9', 'a:b/c@1'],
  ['a:b/c@0.0.3', 'a:b/c@0.0.3'],
  ['a:b/c@1.0.0-rc.1', undefined],
  ['a:b/c', undefined],
  ['run', undefined],
];

for (const [name, track] of tracks) {
  test(`${name} is compatible with ${track ?? 'nothing else'}`, () =>
    assert.equal(versionTrack(name), track));
}

test('of several compatible versions the newest stands', () => {
  const names = ['a:b/c@1.2.9', 'a:b/c@1.10.0', 'a:b/c@1.9.9', 'a:b/c@2.0.0', 'plain'];
  assert.deepEqual(
    [...indexByTrack(names)],
    [
      ['a:b/c@1', 'a:b/c@1.10.0'],
      ['a:b/c@2', 'a:b/c@2.0.0'],
    ],
  );
});
