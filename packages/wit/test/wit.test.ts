import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadWit, witPath, witVersion } from '@spiderlightning/wit';
import type { WitFunction, WitMember } from '@spiderlightning/wit';
import { deriveFromWit } from '../../../scripts/generate-wit.ts';

const cloud = loadWit(witPath);

test('the package has its name, its version and its parts', () => {
  assert.equal(cloud.name, 'spiderlightning:cloud');
  assert.equal(cloud.version, witVersion);
  assert.deepEqual(
    cloud.interfaces.map(({ name }) => `${name}.wit`),
    readdirSync(witPath)
      .filter((name) => name !== 'worlds.wit')
      .toSorted(),
  );
});

test('every interface is of a world: what all apps may import, or what live ones do besides', () => {
  assert.deepEqual(
    cloud.worlds.map(({ name, exports }) => [name, exports]),
    [
      ['http-service', ['http-handler']],
      ['http-live-service', ['http-handler', 'http-stream', 'held-handler']],
      ['http-text-service', ['http-text-handler']],
      ['worker', ['message-handler', 'schedule-handler', 'watch-handler']],
      ['command', ['command-handler']],
    ],
  );
  const [plain, live, text, worker, command] = cloud.worlds.map(({ imports }) => new Set(imports));
  assert.deepEqual([...live!.difference(plain!)], ['http-body', 'connections']);
  assert.deepEqual(text, plain);
  assert.deepEqual(worker, plain);
  assert.deepEqual([...command!.difference(plain!)], ['stdio']);
  assert.deepEqual([...plain!.difference(command!)], []);
  const known = new Set(cloud.interfaces.map(({ name }) => name));
  const used = new Set(cloud.worlds.flatMap(({ imports, exports }) => [...imports, ...exports]));
  assert.deepEqual([...known.difference(used)], ['http-types', 'types']);
  assert.deepEqual([...plain!.difference(known)], []);
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
      look(`${item.name}.${type.name}`, type);
      const members = type.kind === 'record' ? type.fields : 'cases' in type ? type.cases : [];
      for (const member of members) look(`${item.name}.${type.name}.${member.name}`, member);
    }
    for (const [owner, func] of functions) look(`${owner}.${func.name}`, func);
  }
  assert.deepEqual(bare, []);
});

test('what is derived is up to date: `node scripts/generate-wit.ts` writes it', () => {
  const derived = deriveFromWit();
  assert.equal(derived.length, 2);
  for (const [path, text] of derived) assert.equal(readFileSync(path, 'utf8'), text, path);
});
