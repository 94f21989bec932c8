import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'examples/*/*.md', 'bench/*.md'], {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
});

/** What a page names that is not there: links to files and headings, pictures, and paths of the repository in code. */
function findMissing(page: string, text: string): string[] {
  const folder = dirname(page);
  const prose = text.replaceAll(/^(```+)\w*\n.*?^\1$/gms, '');
  const links = [
    ...prose.matchAll(/\]\((?!\w+:)([^)\s]+)/g),
    ...prose.matchAll(/\b(?:src|srcset|href)="(?!\w+:)([^"]+)"/g),
  ].map(([, target]) => target!);
  const broken = links
    .filter((target) => !leadsSomewhere(folder, page, text, target))
    .map((target) => join(folder, target.startsWith('#') ? basename(page) + target : target));
  const paths = [...text.matchAll(/`((?:packages|test|scripts|bench|examples|docs)\/[\w./-]*\w\/?)`/g)]
    .map(([, path]) => path!)
    .filter((path) => !existsSync(join(root, path)));
  return [...broken, ...paths];
}

function leadsSomewhere(folder: string, page: string, text: string, target: string): boolean {
  const [path, heading] = target.split('#', 2) as [string, string | undefined];
  const file = path === '' ? page : join(folder, path);
  if (path !== '' && !existsSync(join(root, file))) return false;
  if (heading === undefined || !file.endsWith('.md')) return heading === undefined;
  return listAnchors(path === '' ? text : readFileSync(join(root, file), 'utf8')).includes(heading);
}

/** What headings are called in links, as GitHub does it. */
function listAnchors(text: string): string[] {
  const prose = text.replaceAll(/^(```+)\w*\n.*?^\1$/gms, '');
  const seen = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} (.*)$/gm)].map(([, title]) => {
    const name = title!
      .toLowerCase()
      .replaceAll(/\]\([^)]*\)/g, '')
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}-${count}`;
  });
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
  const text = `# Of \`this\` & that
See [this](nowhere.md), [that](../README.md), [there](../README.md#there-is-none), [here](#of-this--that), [not here](#of-that)
and \`packages/component/src/nothing.ts\`.
<img src="images/none.png"> <img src="images/chat-light.png">
`;
  assert.deepEqual(findMissing('docs/x.md', text), [
    'docs/nowhere.md',
    'README.md#there-is-none',
    'docs/x.md#of-that',
    'docs/images/none.png',
    'packages/component/src/nothing.ts',
  ]);
});

test('the project names no issue, and no machine', () => {
  const telling = /\bissue #?\d|\.library\b|registry\.npmjs/i;
  const found = pages.filter((page) => telling.test(readFileSync(join(root, page), 'utf8')));
  assert.deepEqual(found, []);
});

/** Rows of the README's figures that no row of the benchmarks has: both figures, what they are held against, the ratio. */
function findForeignFigures(readme: string, benchmarks: string): string[] {
  const rows = [...readme.matchAll(/^\|[^|]+\| ([^|]*\d[^|]*) \| ([\d.]+ \S+), ([^|]+) \| ([\d.]+ ×) \|$/gm)];
  assert.ok(rows.length >= 3, 'the README has figures');
  return rows
    .filter(([, ours, baseline, against, ratio]) => {
      const found = [`${ours} (`, `${baseline} (`, against!, `  ${ratio}`];
      return !benchmarks.split('\n').some((line) => found.every((text) => line.includes(text)));
    })
    .map(([row]) => row);
}

test('the figures of the README are those of the benchmarks, won and lost', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const benchmarks = readFileSync(join(root, 'bench/README.md'), 'utf8');
  assert.deepEqual(findForeignFigures(readme, benchmarks), []);
  assert.match(readme, /node:http, 1 process \| 0\.\d+ × \|/, 'where it loses, it says so');
  const other = readme.replace(/ ns, jco/, '0 ns, jco');
  assert.equal(findForeignFigures(other, benchmarks).length, 1);
});

test('the guide for guests names all that they have: what they import, globals, what their tests are given', () => {
  const guide = readFileSync(join(root, 'docs/guests.md'), 'utf8');
  const read = (path: string) => readFileSync(join(root, 'packages/guest/src', path), 'utf8');
  const listExports = (text: string) =>
    [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) =>
      names!.split(/[\s,]+/).filter(Boolean),
    );
  const listMembers = (text: string, name: string) => {
    const [, body = ''] = new RegExp(`^export interface ${name}\\b.*?\\{$(.*?)^\\}`, 'ms').exec(text)!;
    return [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, member]) => member!);
  };
  const tests = read('test/index.ts');
  const names = [
    // Of classes it shows what they are for: a request, a form.
    ...listExports(read('index.ts')).filter((each) => /^[a-z]/.test(each)),
    ...listExports(read('platform/index.ts')),
    ...listMembers(tests, 'TestOptions'),
    ...listMembers(tests, 'TestApp'),
    ...listMembers(read('test/handlers.ts'), 'TestHandlers'),
  ];
  assert.ok(names.length > 50, names.join());
  assert.deepEqual(
    names.filter((each) => !new RegExp(`\\b${each}\\b`).test(guide)),
    [],
  );
});

/** What of the sources of the host, tests aside, fits a pattern with one group. */
function findInHost(pattern: RegExp, under = '{bin,src}'): Set<string> {
  const files = globSync(`packages/slight/${under}/**/*.{ts,js}`, { cwd: root }).filter(
    (path) => !/\.test\.ts$|\/(mutants|conformance)\//.test(path),
  );
  const texts = files.map((path) => readFileSync(join(root, path), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, found]) => found!)));
}

test('every metric, every status of the host’s own and every variable that it reads is in the pages, and no other metric', () => {
  const read = (page: string) => readFileSync(join(root, 'docs', page), 'utf8');
  const [observability, running] = [read('observability.md'), read('running.md')];
  const metrics = findInHost(/'(slight_[a-z_]+)'/g, 'src/telemetry');
  assert.ok(metrics.size > 15);
  const shown = new Set([...observability.matchAll(/`(slight_[a-z_]+)`/g)].map(([, name]) => name!));
  assert.deepEqual([...metrics.symmetricDifference(shown)], []);

  const statuses = findInHost(/(?:HttpFailure\(|\['|refuse\(socket, ')([45]\d\d)\b/g);
  assert.ok(statuses.size > 8);
  const told = [...statuses].filter(
    (status) => !new RegExp(`^\\| ${status} \\||status ${status}\\b`, 'm').test(running),
  );
  assert.deepEqual(told, []);

  const all = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  const variables = findInHost(/\b(SLIGHT_[A-Z_]+|XDG_[A-Z_]+|NO_COLOR)\b/g);
  assert.ok(variables.size > 4);
  assert.deepEqual(
    [...variables].filter((name) => !all.includes(name)),
    [],
  );
});

test('what the pages have one type is there: scripts of npm, benchmarks, variables of tests', () => {
  const all = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = new Set(
    [...all.matchAll(/\bnpm run (?:-s |--silent )?([a-z][\w:]*)/g)].map(([, name]) => name!),
  );
  // A project that `slight new` made has some of its own.
  const own = new Set(['build', 'dev']);
  const known = new Set([...Object.keys(scripts), ...own]);
  assert.deepEqual([...named.difference(known)], []);
  const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const missing = Object.keys(scripts).filter(
    (name) => !new RegExp(`npm (?:run )?${name}\``).test(contributing),
  );
  assert.deepEqual(missing, []);

  const main = readFileSync(join(root, 'bench/main.ts'), 'utf8');
  const benchmarks = [...main.matchAll(/^ {2}(\w+): \{$/gm)].map(([, name]) => name!);
  assert.ok(benchmarks.length > 8);
  assert.deepEqual(
    benchmarks.filter((name) => !new RegExp(`bench --\\s${name}\\b|^## ${name}$`, 'm').test(all)),
    [],
  );

  const tests = globSync(['packages/*/test/**/*.ts', 'packages/*/src/**/*.ts', 'examples/*/test/*.ts'], {
    cwd: root,
  });
  const sources = tests.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
  const variables = new Set(
    [...all.matchAll(/\b([A-Z][A-Z_]{3,})=\S+ npm|\b(SLIGHT_[A-Z_]+)\b/g)].map(
      ([, one, other]) => one ?? other!,
    ),
  );
  assert.ok(variables.size > 5, [...variables].join());
  assert.deepEqual(
    [...variables].filter((name) => !sources.includes(name)),
    [],
  );
});
