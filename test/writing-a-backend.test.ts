import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/writing-a-backend.md'), 'utf8');
const [backend = '', suite = ''] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);

/** A stranger's folder, with the package installed and the files of the page. */
function makeFolder(t: TestContext, source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-backend-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules/@spiderlightning'), { recursive: true });
  symlinkSync(join(root, 'packages/slight'), join(folder, 'node_modules/@spiderlightning/slight'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'json-file.ts'), source);
  writeFileSync(join(folder, 'json-file.test.ts'), suite);
  return folder;
}

interface Run {
  readonly code: number;
  readonly output: string;
}

/** `node --test json-file.test.ts`, as the page says. */
async function runSuite(folder: string, ...options: string[]): Promise<Run> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Or the inner runner takes itself for a part of this one.
  delete env['NODE_TEST_CONTEXT'];
  try {
    const args = ['--test', '--test-reporter=tap', ...options, 'json-file.test.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, output: stdout };
  }
}

test('the backend of docs/writing-a-backend.md is short, and passes the suite', async (t) => {
  assert.ok(backend.split('\n').length <= 100, `${backend.split('\n').length} lines`);
  const { code, output } = await runSuite(makeFolder(t, backend));
  assert.equal(code, 0, output);
  assert.ok(Number(/^# pass (\d+)$/m.exec(output)?.[1]) > 40, output);
});

test('broken as the page says, it does not', async (t) => {
  const broken = backend.replace('String(writes + 1)', "'1'");
  assert.notEqual(broken, backend);
  const { code, output } = await runSuite(makeFolder(t, broken), '--test-name-pattern=version');
  assert.equal(code, 1);
  assert.match(output, /^not ok .*version/im);
});

test('it has right types', async (t) => {
  const folder = makeFolder(t, backend);
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noEmit: true, typeRoots: [join(root, 'node_modules/@types')] },
    include: ['*.ts'],
    files: ['json-file.ts', 'json-file.test.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const checking = promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder });
  await assert.doesNotReject(
    checking.catch(({ stdout }: { stdout: string }) => Promise.reject(new Error(stdout))),
  );
});

test('authors have every type of each contract, and of each suite what it runs on', () => {
  const read = (path: string) => readFileSync(join(root, 'packages/slight/src', path), 'utf8');
  const [contracts, suites] = [read('backend.ts'), read('conformance.ts')];
  const names = [...read('capabilities/core/registry.ts').matchAll(/^ {2}(\w+): define</gm)].map(
    ([, name]) => name!,
  );
  assert.ok(names.length > 5);
  const missing = names.flatMap((capability) => {
    const own = read(`capabilities/${capability}/contract.ts`);
    const types = [...own.matchAll(/^export (?:type|interface) (\w+)/gm)].map(([, name]) => name!);
    const whole = contracts.includes(`export type * from './capabilities/${capability}/contract.ts'`);
    const target = /Conformance\(target: (\w+)\)/.exec(
      read(`capabilities/${capability}/conformance.ts`),
    )![1]!;
    return [
      ...types.filter((name) => !whole && !new RegExp(`\\b${name}\\b`).test(contracts)),
      ...[target].filter((name) => !new RegExp(`\\b${name}\\b`).test(suites)),
    ].map((name) => `${capability}: ${name}`);
  });
  assert.deepEqual(missing, []);
});

test('the page says what each part of a backend, and of where it is opened, is for', () => {
  const source = readFileSync(join(root, 'packages/slight/src/capabilities/core/backend.ts'), 'utf8');
  const [, context = '', own = ''] =
    /interface OpenContext \{(.*?)^\}.*interface Backend<[^{]*\{(.*?)^\}/ms.exec(source)!;
  const parts = [...(context + own).matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map(([, name]) => name!);
  assert.ok(parts.length > 15, parts.join());
  assert.deepEqual(
    parts.filter((name) => !new RegExp(`\\b${name}\\b`).test(page)),
    [],
  );
});
