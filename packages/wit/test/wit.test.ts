import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadWit, systemWitPath, witPath, witVersion, writeTypes } from '@spiderlightning/wit';
import type { WitFunction, WitMember } from '@spiderlightning/wit';

const cloud = loadWit(witPath);
const system = loadWit(join(systemWitPath, 'random'));

test('the package has its name, its version and its parts', () => {
  assert.equal(cloud.name, 'spiderlightning:cloud');
  assert.equal(cloud.version, witVersion);
  assert.deepEqual(
    cloud.interfaces.map(({ name }) => name),
    ['http-handler', 'keyvalue', 'logging', 'types'],
  );
  assert.deepEqual(cloud.worlds, [
    {
      name: 'http-service',
      docs: 'An app that answers HTTP.',
      imports: ['keyvalue', 'logging'],
      exports: ['http-handler'],
    },
  ]);
});

test('every item that an author sees is documented', () => {
  const bare: string[] = [];
  const look = (path: string, member: WitMember) => {
    if (member.docs === '') bare.push(path);
  };
  for (const item of cloud.interfaces) {
    look(item.name, item);
    const functions: [string, WitFunction][] = item.functions.map((func) => [item.name, func]);
    for (const type of item.types) {
      if (type.kind === 'resource')
        functions.push(...type.functions.map((func): [string, WitFunction] => [type.name, func]));
      // An enum whose cases speak for themselves may go without.
      if (type.kind !== 'enum') look(`${item.name}.${type.name}`, type);
    }
    for (const [owner, func] of functions) look(`${owner}.${func.name}`, func);
  }
  assert.deepEqual(bare, []);
});

test('the types of the SDK are up to date: `node scripts/generate-wit.ts` writes them', () => {
  const file = join(import.meta.dirname, '..', '..', 'guest', 'wit.d.ts');
  assert.equal(readFileSync(file, 'utf8'), writeTypes([cloud, system]));
});
