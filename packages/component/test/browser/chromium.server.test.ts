/** Runs the tests of this package, and the README's example for pages, in Chromium. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { assemble } from '../../../../test/guests/wat.ts';
import { waitUntil } from '../../../../test/servers/process.ts';
import { greeter } from '../greeter.ts';
import { bundleTests } from './bundle.ts';
import { Chromium, chromiumMissing } from './chromium.ts';
import { startPageServer } from './server.ts';
import type { Report } from './server.ts';

const root = join(import.meta.dirname, '../../../..');
const files = globSync('packages/component/{src,test}/**/*.test.ts', { cwd: root })
  .filter((path) => !path.endsWith('.server.test.ts'))
  .toSorted();

type Content = ReadonlyMap<string, Uint8Array | string>;

/** Shows a page until it says that it has come to its end. @returns all that it said */
async function show(address: string, content: Content): Promise<readonly Report[]> {
  const server = await startPageServer(content);
  const chromium = new Chromium(`${server.origin}${address}`);
  try {
    const ended = async () => server.reports.some((report) => report.end);
    await waitUntil('the page comes to its end', ended, 110_000).catch((cause: unknown) => {
      const last = server.reports.findLast((report) => report.begins !== undefined)?.begins;
      throw new Error(`The page stopped in ${last ?? `the beginning: ${chromium.output()}`}`, { cause });
    });
    return server.reports;
  } finally {
    await chromium.end();
    await server.close();
  }
}

/** Shows a page that runs files of tests, and makes a test of each of theirs. */
async function runTests(
  context: TestContext,
  page: string,
  names: readonly string[],
  options: { readonly head?: string; readonly warning?: string } = {},
): Promise<void> {
  const { head = '', warning = '' } = options;
  const start = `<!doctype html>${head}<script type="module" src="/main.js"></script>`;
  const query = new URLSearchParams({ warning });
  for (const name of names) query.append('file', name);
  const content = new Map<string, Uint8Array | string>(await bundleTests(names)).set('/page.html', start);
  const reports = await show(`${page}?${query}`, content);
  assert.deepEqual(
    reports.flatMap(({ file }) => file ?? []),
    names,
  );
  for (const { file, results = [] } of reports) {
    for (const { name, skip, failure } of results) {
      const options = skip === undefined ? {} : { skip };
      await context.test(`${basename(file!)}: ${name}`, options, () => assert.equal(failure, undefined));
    }
  }
}

describe('in Chromium', { skip: chromiumMissing }, () => {
  assert.ok(files.length > 20);
  for (const [folder, names] of Map.groupBy(files, dirname)) {
    test(`the tests in ${folder}`, (context) => runTests(context, '/isolated/page.html', names));
  }

  const limited = ['packages/component/test/browser/limited.page.ts'];

  test('a page that is not cross-origin isolated', async (context) => {
    await runTests(context, '/page.html', limited, { warning: 'Cross-Origin-Opener-Policy: same-origin' });
  });

  test('a page whose policy allows no workers', async (context) => {
    const head = `<meta http-equiv="content-security-policy" content="worker-src 'none'">`;
    await runTests(context, '/isolated/page.html', limited, { head, warning: 'cannot start a worker' });
  });

  test("the README's page", async () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const [, page] = /```html\n([\s\S]*?)```/.exec(readme)!;
    const tell = `<script type="module">
      while (document.body.textContent.trim() === '') await new Promise((resolve) => setTimeout(resolve, 20));
      const text = document.body.textContent;
      await fetch('/report', { method: 'POST', body: JSON.stringify({ text, end: true }) });</script>`;
    const content = new Map<string, Uint8Array | string>([
      ['/page.html', `${page}${tell}`],
      ['/greeter.wasm', await assemble(`(component ${greeter})`)],
    ]);
    const folder = '/node_modules/@spiderlightning/component/dist';
    for (const [path, bytes] of await bundleTests([]))
      content.set(path === '/component.js' ? `${folder}/index.js` : `${folder}${path}`, bytes);
    const [report] = await show('/isolated/page.html', content);
    assert.equal(report!.text!.trim(), 'person 7');
  });
});
