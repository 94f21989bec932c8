import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type Manifest, type Source, checkArchitecture, findImports } from './architecture.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('imports point downwards, and packages import what they declare', () => {
  const sources = globSync('packages/*/{src,test}/**/*.ts', { cwd: root }).map((path) => ({
    path,
    text: read(path),
  }));
  const manifests: { [folder: string]: Manifest } = {};
  for (const path of globSync('packages/*/package.json', { cwd: root })) {
    manifests[path.split('/')[1]!] = JSON.parse(read(path)) as Manifest;
  }
  assert.ok(
    sources.length > 50 && Object.keys(manifests).length >= 6,
    'the sources are where they are looked for',
  );
  assert.deepEqual(checkArchitecture(sources, manifests), []);
});

const manifests: { [folder: string]: Manifest } = {
  component: { name: '@spiderlightning/component' },
  slight: { name: '@spiderlightning/slight', dependencies: { '@spiderlightning/component': '1' } },
};
const usesEngine: Source = {
  path: 'packages/slight/src/host/a.ts',
  text: "import '@spiderlightning/component';\n",
};

/** What is said of one file that imports another. */
function check(path: string, text: string): string[] {
  return checkArchitecture([usesEngine, { path: `packages/${path}`, text: `${text}\n` }], manifests);
}

test('each rule can be broken', () => {
  for (const [path, text, rule] of [
    ['component/src/a.ts', "import { join } from 'node:path';", /uses nothing of Node/],
    ['component/src/a.ts', "import fs from 'fs';", /uses nothing of Node/],
    ['component/src/a.ts', "export type { A } from '@spiderlightning/slight';", /does not name/],
    ['component/src/a.ts', "import { a } from '../../wasi/src/a.ts';", /outside its package/],
    ['wasi/src/a.ts', "import fs from 'node:fs';", /uses nothing of Node/],
    ['guest/src/a.ts', "import {\n  a,\n  b as c,\n} from 'node:fs';", /uses nothing of Node/],
    ['slight/src/host/b.ts', "import type { A } from 'commander';", /commander, which .* does not name/],
    ['slight/src/host/b.ts', "await import('ioredis/built')", /ioredis, which .* does not name/],
    ['slight/src/host/b.ts', "require.resolve('@scope/tool/bin')", /@scope\/tool, which .* does not name/],
    ['slight/src/host/b.ts', "import test from 'node:test';", /for tests/],
    ['slight/src/host/b.ts', "import { createServer } from 'node:http';", /takes tens of milliseconds/],
    ['slight/src/slightfile/a.ts', "import '../capabilities/core/error.ts';", /slightfile.*not below/],
    [
      'slight/src/dialects/x/a.ts',
      "import '../../capabilities/keyvalue/backends/redis.ts';",
      /dialects.*not below/,
    ],
    ['slight/src/dialects/x/a.ts', "import '../../capabilities/core/registry.ts';", /dialects.*not below/],
    ['slight/src/dialects/x/a.ts', "import '../../host/a.ts';", /dialects.*not below/],
    ['slight/src/clients/a.ts', "import '../capabilities/keyvalue/contract.ts';", /clients.*not below/],
    [
      'slight/src/capabilities/keyvalue/portable.ts',
      "import './backends/redis.ts';",
      /capabilities.*not below/,
    ],
    ['slight/src/capabilities/keyvalue/portable.ts', "import '../../host/a.ts';", /capabilities.*not below/],
    ['slight/src/capabilities/keyvalue/portable.ts', "import './conformance.ts';", /capabilities.*not below/],
    ['slight/src/capabilities/keyvalue/portable.ts', "import '../sql/contract.ts';", /another capability/],
    [
      'slight/src/capabilities/keyvalue/backends/a.ts',
      "import '../../../triggers/http.ts';",
      /backends.*not below/,
    ],
    [
      'slight/src/capabilities/core/registry.ts',
      "import '../keyvalue/backends/redis.ts';",
      /registry.*not below/,
    ],
    ['slight/src/capabilities/core/error.ts', "import('../keyvalue/backends/redis.ts')", /core.*not below/],
    ['slight/src/triggers/http.ts', "import '../host/worker/pool.ts';", /triggers.*not below/],
    ['slight/src/host/worker/a.ts', "import '../supervisor/b.ts';", /worker.*not below/],
    ['slight/src/host/supervisor/a.ts', "import '../worker/b.ts';", /supervisor.*not below/],
    ['slight/src/host/a.ts', "import './worker/b.ts';", /host.*not below/],
    ['slight/src/host/log/a.ts', "import '../b.ts';", /log.*not below/],
    ['slight/src/host/b.ts', "import '../cli/main.ts';", /host.*not below/],
    ['slight/src/attic/b.ts', "import '../cli/main.ts';", /no floor/],
    ['slight/src/host/b.ts', 'x\n'.repeat(400), /401 lines/],
  ] as const) {
    const found = check(path, text);
    assert.equal(found.length, 1, `${text}: ${found.join('; ')}`);
    assert.match(found[0]!, rule);
  }
  const [unused] = checkArchitecture([], manifests);
  assert.match(unused!, /names @spiderlightning\/component, which nothing there imports/);
});

test('what keeps the rules is let through', () => {
  for (const [path, text] of [
    ['component/src/platform/node.ts', "import { join } from 'node:path';"],
    ['component/src/a.test.ts', "import { join } from 'node:path';\nimport test from 'node:test';"],
    [
      'component/src/a.ts',
      "import { a } from './b/c.ts';\n/** import x from 'node:fs' */\n// import y from 'node:fs'\n * from 'node:fs'",
    ],
    [
      'slight/src/capabilities/core/registry.ts',
      "const load = () => import('../keyvalue/backends/redis.ts');",
    ],
    [
      'slight/src/capabilities/keyvalue/backends/a.ts',
      "import '../../../clients/redis.ts';\nimport '../contract.ts';",
    ],
    ['slight/src/dialects/x/a.ts', "import type { A } from '../../capabilities/keyvalue/contract.ts';"],
    ['slight/src/cli/a.ts', "import '../host/b.ts';"],
    ['guest/src/a.ts', "import { open } from 'spiderlightning:keyvalue/store@0.6.0';"],
  ] as const) {
    assert.deepEqual(check(path, text), [], text);
  }
});

test('imports are found however they are written', () => {
  const text = [
    "import a from 'a';",
    "import { b,\n  type B } from 'b';",
    'import * as c from "c";',
    "export * from 'd';",
    "export { e as f } from 'e';",
    "  import 'f';",
    "const g = await import(\n  'g'\n);",
    "type H = import('h').H;",
    "createRequire(here).resolve('i/package.json')",
    "const no = resolve('dist/x', y); // from 'z'",
    'const text = "from \'z\'";',
  ].join('\n');
  const names = findImports({ path: 'packages/x/src/a.ts', text }).map(({ name }) => name);
  assert.deepEqual(names.toSorted(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i/package.json']);
});
