import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/*/*.md', 'bench/*.md'], {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
});

/** What a page names that is not there: links to files, and paths of the repository in code. */
function findMissing(page: string, text: string): string[] {
  const folder = dirname(page);
  const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, target]) => join(folder, target!));
  const paths = [...text.matchAll(/`((?:packages|test|scripts|bench|examples|docs)\/[\w./-]*\w\/?)`/g)].map(
    ([, path]) => path!,
  );
  return [...links, ...paths].filter((path) => !existsSync(join(root, path)));
}

test('what the pages name is there', () => {
  assert.ok(pages.length > 5);
  const missing = pages.flatMap((page) =>
    findMissing(page, readFileSync(join(root, page), 'utf8')).map((path) => `${page}: ${path}`),
  );
  assert.deepEqual(missing, []);
});

/** Names of files without a folder, which stand beside one with it. */
function findUnknownFiles(text: string): string[] {
  const files = globSync('packages/*/{src,test}/**/*.ts', { cwd: root });
  const names = new Set(files.map((path) => basename(path)));
  return [...text.matchAll(/`([\w.-]+\.ts)`/g)].map(([, name]) => name!).filter((name) => !names.has(name));
}

test('the files that the architecture names are there', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  assert.match(text, /`http-request\.ts`/);
  assert.deepEqual(findUnknownFiles(text), []);
  assert.deepEqual(findUnknownFiles('`portable.ts` and `no-such-file.ts`'), ['no-such-file.ts']);
});

test('a name that leads nowhere is found', () => {
  const text = 'See [this](nowhere.md), [that](../README.md) and `packages/component/src/nothing.ts`.';
  assert.deepEqual(findMissing('docs/x.md', text), ['docs/nowhere.md', 'packages/component/src/nothing.ts']);
});

test('the project names no issue, and no machine', () => {
  const telling = /\bissue #?\d|\.library\b|registry\.npmjs/i;
  const found = pages.filter((page) => telling.test(readFileSync(join(root, page), 'utf8')));
  assert.deepEqual(found, []);
});
