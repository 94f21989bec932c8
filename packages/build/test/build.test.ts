import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { componentize } from 'componentize-qjs';
import { BuildFailure, buildComponent, mapStack } from '@spiderlightning/build';
import type { BuildError, BuildOptions } from '@spiderlightning/build';
import { witPath } from '@spiderlightning/wit';
import { bundle } from '../src/bundle.ts';
import { checkTypes } from '../src/typecheck.ts';

const guest = join(import.meta.dirname, '..', '..', 'guest');
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slight-build-test-'));
  await mkdir(join(folder, 'node_modules', '@spiderlightning'), { recursive: true });
  await symlink(guest, join(folder, 'node_modules', '@spiderlightning', 'guest'), 'dir');
});
after(() => rm(folder, { recursive: true, force: true }));

/** Writes a source and gives its path. */
async function write(name: string, source: string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
  return file;
}

async function build(source: string, options: Partial<BuildOptions> = {}) {
  return await buildComponent({ entry: await write('app.ts', source), typecheck: false, ...options });
}

/** The errors of a build that has to fail. */
async function failures(source: string, options?: Partial<BuildOptions>): Promise<readonly BuildError[]> {
  const failure = await build(source, options).then(
    () => assert.fail('the build should have failed'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof BuildFailure, String(failure));
  return failure.errors;
}

/** What of an error is worth comparing. */
function place(error: BuildError | undefined) {
  return [error?.file?.slice(folder.length + 1), error?.line, error?.column];
}

const hello = `import { router, text } from '@spiderlightning/guest';
const app = router();
app.get('/', async () => text('hello'));
export default app;
`;

describe('what a component asks for', () => {
  test('an app without a store needs no grant for one', async () => {
    const { component, imports, bytes, bundleBytes } = await build(hello);
    assert.deepEqual(imports, ['spiderlightning:cloud/logging@0.6.0', 'wasi:random/random@0.2.12']);
    assert.equal(bytes, component.byteLength);
    assert.ok(bundleBytes > 1000);
    const wit = await componentWit(component);
    const cloud = [...wit.matchAll(/import (spiderlightning:\S+);/g)].map(([, name]) => name);
    const types = 'spiderlightning:cloud/http-types@0.6.0';
    assert.deepEqual(cloud, ['spiderlightning:cloud/logging@0.6.0', types]);
    assert.match(wit, /export spiderlightning:cloud\/http-text-handler@0\.6\.0;/);
    assert.match(wit, /import wasi:cli\/stderr@/, 'what QuickJS complains of must reach the terminal');
  });

  test('an import that the code does not use leaves no trace', async () => {
    const source = `import { openStore } from '@spiderlightning/guest';
      import keyvalue from 'spiderlightning:cloud/keyvalue@0.6.0';
      ${hello}`;
    const { imports } = await bundle(await write('app.ts', source), join(folder, 'app.wasm'));
    assert.deepEqual(imports, ['spiderlightning:cloud/logging@0.6.0', 'wasi:random/random@0.2.12']);
  });

  test('an app with a store asks for key-value, and opens it at no time before a request', async () => {
    const { component, imports } =
      await build(`import { json, openStore, router } from '@spiderlightning/guest';
      const store = openStore('orders');
      export default router().get('/', async () => json((await store.getText('a')) ?? null));`);
    assert.ok(imports.includes('spiderlightning:cloud/keyvalue@0.6.0'));
    assert.match(await componentWit(component), /import spiderlightning:cloud\/keyvalue@0\.6\.0;/);
  });

  test('globals are bundled where they are used', async () => {
    const size = async (source: string) =>
      (await bundle(await write('app.ts', source), join(folder, 'app.wasm'))).code.length;
    const plain = await size(hello);
    for (const text of ["new URL('http://h/a').pathname", "new globalThis.URL('http://h/a').pathname"])
      assert.ok((await size(hello.replace("'hello'", text))) > plain + 20_000, 'the URL parser came with it');
  });

  test('an app with timers asks for the clock that wakes it, another does not', async () => {
    const { component, imports } = await build(
      hello.replace("'hello'", "await new Promise<string>((done) => setTimeout(done, 1, 'late'))"),
    );
    assert.deepEqual(imports, [
      'spiderlightning:cloud/logging@0.6.0',
      'wasi:clocks/monotonic-clock@0.2.12',
      'wasi:random/random@0.2.12',
    ]);
    assert.match(await componentWit(component), /import wasi:io\/poll@0\.2\.12;/);
  });

  test('the world is chosen by what the entry exports', async () => {
    const exportsOf = async (source: string) =>
      (await bundle(await write('app.ts', source), join(folder, 'app.wasm'))).exports;
    const handlers = `export async function onSchedule() {}
      export const onChange = async () => {};`;
    assert.deepEqual(await exportsOf(hello + handlers), [
      'http-text-handler',
      'schedule-handler',
      'watch-handler',
    ]);
    assert.deepEqual(await exportsOf(handlers), ['schedule-handler', 'watch-handler']);
    assert.deepEqual(await exportsOf('export const messageHandler = { handle: async () => [] };'), [
      'message-handler',
    ]);
    const { component, imports } = await build('export async function command() { console.log("hi"); }');
    assert.ok(imports.includes('spiderlightning:cloud/stdio@0.6.0'));
    const wit = await componentWit(component);
    assert.match(wit, /export spiderlightning:cloud\/command-handler@0\.6\.0;/);
    assert.doesNotMatch(wit, /http-(text-)?handler/);
  });

  test('a handler that is none is refused while the app is built', async () => {
    const [error] = await failures(`${hello}export const onMessage = 7;`);
    assert.match(error!.message, /export onMessage is no function/);
  });

  test('the whole world of the specification makes a component too', async () => {
    const { component } = await componentize({
      witPath,
      world: 'http-service',
      jsSource: 'export const httpHandler = {};',
    });
    const wit = await componentWit(component);
    for (const name of ['keyvalue', 'logging', 'http-handler'])
      assert.ok(wit.includes(`spiderlightning:cloud/${name}@0.6.0`), name);
  });
});

test('the component and its map are written, and places lead back to the source', async () => {
  const out = join(folder, 'out', 'deep', 'app.wasm');
  const steps: string[] = [];
  const result = await build(hello, { out, onProgress: (step) => steps.push(step) });
  assert.deepEqual(new Uint8Array(await readFile(out)), new Uint8Array(result.component));
  assert.deepEqual(steps, ['bundle', 'componentize', 'write']);
  const map = await readFile(`${out}.map`, 'utf8');
  assert.equal(map, result.map);
  const { sources, mappings, ignoreList } = JSON.parse(map) as {
    sources: string[];
    mappings: string;
    ignoreList: number[];
  };
  const ignored = ignoreList.map((index) => sources[index]!);
  assert.ok(ignored.length > 5 && !ignored.includes('../../app.ts'));
  assert.ok(
    ignored.every((source) => /\/guest\/src\/|slight-build-entry\.js$/.test(source)),
    ignored.join(' '),
  );
  assert.ok(sources.includes('../../app.ts'), sources.join(' '));
  assert.ok(
    !sources.some((source) => source.startsWith('/')),
    'paths are relative: nothing tells where it was built',
  );
  const line = mappings.split(';').findIndex((text) => text !== '') + 1;
  const [first] = mapStack(`    at f (componentize-qjs:user.js:${line}:1)\n    at native`, map, dirname(out));
  assert.ok(first !== undefined && first.file.endsWith('.ts'));
});

describe('what stands in the way of a component is told with its place', () => {
  test('a syntax error', async () => {
    const [error] = await failures(
      "import { router } from '@spiderlightning/guest';\nconst app = router(;\n",
    );
    assert.deepEqual(place(error), ['app.ts', 2, 20]);
    assert.match(error?.message ?? '', /Unexpected ";"/);
    assert.match(error?.frame ?? '', /> 2 \| const app = router\(;\n {4}\| {20}\^/);
  });

  test('imports that lead nowhere, all at once', async () => {
    const errors = await failures(`import a from './nope.ts';
import b from '@scope/none/deep';
import c from 'node:crypto';
import d from 'fs/promises';
import e from 'spiderlightning:cloud/keyvalu@0.6.0';
import f from 'spiderlightning:cloud/keyvalue@0.5.0';
export default () => [a, b, c, d, e, f];`);
    assert.deepEqual(
      errors.map((error) => [error.line, error.column]),
      [1, 2, 3, 4, 5, 6].map((line) => [line, 15]),
    );
    const [file, installed, crypto, fs, unknown, old] = errors;
    assert.match(file?.fix ?? '', /no such file/);
    assert.equal(installed?.fix, 'npm install @scope/none');
    assert.match(crypto?.message ?? '', /"node:crypto" is not available in a guest/);
    assert.match(crypto?.fix ?? '', /crypto\.randomUUID\(\)/);
    assert.match(fs?.fix ?? '', /openStore/);
    assert.match(unknown?.fix ?? '', /spiderlightning:cloud\/keyvalue@0\.6\.0/);
    assert.match(old?.message ?? '', /version 0\.6\.0 of the interface, not 0\.5\.0/);
  });

  test('a package that is named like a module of Node is taken where it is installed', async () => {
    await write('node_modules/events/package.json', '{"name":"events","main":"index.js"}');
    await write('node_modules/events/index.js', 'module.exports = { once: 1 };');
    const { bytes } = await build(
      hello.replace('const app', "import events from 'events';\nconsole.log(events.once);\nconst app"),
    );
    assert.ok(bytes > 0);
  });

  test('no export', async () => {
    const [error] = await failures('export const a = 1;\nexport function b() {}\n\n');
    assert.deepEqual(place(error), ['app.ts', 2, 1]);
    assert.match(error?.message ?? '', /exports no handler: it exports `a`, `b`/);
    assert.match(error?.fix ?? '', /export default app;/);
    const [nothing] = await failures('');
    assert.match(nothing?.message ?? '', /it exports nothing/);
  });

  test('an export that is no app', async () => {
    const [error] = await failures('const x = 1;\nexport default { hello: x };\n');
    assert.deepEqual(place(error), ['app.ts', 2, 1]);
    assert.match(error?.message ?? '', /^the app's export is an object of hello/);
    const [raw] = await failures('export const httpHandler = 5;\n');
    assert.match(raw?.message ?? '', /^the app's export is a number/);
    // As QuickJS sees it: the others are tested without it.
    const [made] = await failures(`${hello.replace('app;', 'class App {}')}`);
    assert.deepEqual(place(made).slice(0, 2), ['app.ts', 4]);
    assert.match(
      made?.message ?? '',
      /^the app's export is a class, which answers no request; write `export/,
    );
  });

  test('a function of the SDK itself in place of the app, however it is written', async () => {
    for (const [source, name, line] of [
      ["import { text } from '@spiderlightning/guest';\nexport default text;\n", 'text', 2],
      [
        "import { json as j } from '@spiderlightning/guest';\nconst app = j;\n\nexport default app;\n",
        'json',
        4,
      ],
      ["export { router as default } from '@spiderlightning/guest';\n", 'router', 1],
      [
        "import { router } from '@spiderlightning/guest';\nrouter();\nexport { router as default };\n",
        'router',
        3,
      ],
      ["import * as sdk from '@spiderlightning/guest';\nexport default sdk.html;\n", 'html', 2],
    ] as const) {
      const [error] = await failures(source);
      assert.deepEqual(place(error), ['app.ts', line, 1], source);
      assert.match(
        error?.message ?? '',
        new RegExp(`^the app's export is ${name} of @spiderlightning/guest, which`),
      );
      assert.match(error?.fix ?? '', /`export default app;`, where `const app = router\(\);`/);
    }
  });

  test('Intl, which JavaScript has and a guest has not, unless the code asks for it first', async () => {
    const errors = await failures(`${hello}
export const a = () => new Intl.NumberFormat('de').format(1);
export const b = () => globalThis.Intl.DateTimeFormat;
void [a, b];
app.get('/a', async () => text(a() + b() + 'Intl.x .toLocaleString("de")'));`);
    assert.deepEqual(errors.map(place), [
      ['app.ts', 6, 28],
      ['app.ts', 7, 35],
    ]);
    assert.equal(errors[0]?.message, "Cannot find name 'Intl': there is none in a guest");
    assert.match(errors[0]?.frame ?? '', /\^\^\^\^$/m);
    assert.match(errors[0]?.fix ?? '', /typeof Intl/);
    await write(
      'node_modules/dates/index.js',
      'export const now = () => new Intl.DateTimeFormat().format();',
    );
    await write('node_modules/dates/package.json', '{"name":"dates","type":"module","main":"index.js"}');
    const { code, warnings } = await bundle(
      await write(
        'app.ts',
        `import { now } from 'dates';
        ${hello}
        app.get('/b', async () => text(typeof Intl === 'undefined' ? '' : new Intl.NumberFormat().format(1)));
        app.get('/c', async ({ Intl }: any) => text(Intl.x + { Intl: 1 }.Intl));
        app.get('/d', async () => text((3).toLocaleString() + (3).toLocaleString('de') + now()));`,
      ),
      join(folder, 'app.wasm'),
    );
    assert.deepEqual(
      warnings.map(({ file, line, column, message }) => [
        file?.slice(folder.length + 1),
        line,
        column,
        message,
      ]),
      [
        ['node_modules/dates/index.js', 1, 30, "Cannot find name 'Intl': there is none in a guest"],
        [
          'app.ts',
          9,
          67,
          'toLocaleString ignores the language and the options that it is given: a guest knows no languages',
        ],
      ],
    );
    assert.match(code, /typeof Intl === "undefined"/);
    assert.match(code, /3 \.toLocaleString\("de"\)/);
    assert.doesNotMatch(code, /ƛ/);
  });

  test('a top level that never ends is given up', async () => {
    const [error] = await failures(`for (;;);\n${hello}`, { longestMs: 300 });
    assert.match(error?.message ?? '', /^the top level of a module did not come to its end within 0\.3 s$/);
    assert.deepEqual(place(error), ['app.ts', undefined, undefined]);
    assert.match(error?.fix ?? '', /a loop that never ends/);
  });

  test('an exception at the top level of a module, in another file too', async () => {
    await write(
      'config.ts',
      '// A comment.\nfunction read(): unknown {\n  return JSON.parse("{bad");\n}\nexport const config = read();\n',
    );
    const [error] = await failures(`import { config } from './config.ts';\n${hello}console.log(config);`);
    assert.deepEqual(place(error).slice(0, 2), ['config.ts', 3]);
    assert.match(error?.message ?? '', /top level of a module failed while the app was built: .*JSON/);
  });

  test('a store that is used while the app is built', async () => {
    const [error] = await failures(`import { openStore } from '@spiderlightning/guest';
const store = openStore('orders');
store.set('a', 'b');
export default () => {};`);
    assert.deepEqual(place(error).slice(0, 2), ['app.ts', 3]);
    assert.match(error?.message ?? '', /the store "orders" was used \(set\)/);
    const [raw] = await failures(`import { Store } from 'spiderlightning:cloud/keyvalue@0.6.0';
const store = Store.open('orders');
export default () => store;`);
    assert.match(
      raw?.message ?? '',
      /spiderlightning:cloud\/keyvalue@0\.6\.0 \(\[static\]store\.open\), which exists only while/,
    );
  });

  test('a route that is there twice', async () => {
    const [error] = await failures(
      hello.replace('export', "app.get('/', async () => text('again'));\nexport"),
    );
    assert.deepEqual(place(error).slice(0, 2), ['app.ts', 4]);
  });

  test('no file', async () => {
    await assert.rejects(buildComponent({ entry: join(folder, 'none.ts') }), /there is no file .*none\.ts/);
  });
});

describe('types', () => {
  const wrong = `import { router, text } from '@spiderlightning/guest';
const app = router();
app.get('/a/:id', async (req) => text(req.params.nme));
app.get('/b', async () => 5);
export default app;
`;

  test('are checked without a tsconfig.json, with a guest’s globals only', async () => {
    const errors = await failures(`${wrong}console.log(() => alert, () => process);`, {
      typecheck: true,
    });
    assert.deepEqual(errors.map(place), [
      ['app.ts', 3, 50],
      ['app.ts', 4, 27],
      ['app.ts', 6, 19],
      ['app.ts', 6, 32],
    ]);
    assert.match(errors[0]?.message ?? '', /Property 'nme' does not exist .* \(TS2339\)/);
    assert.match(errors[0]?.frame ?? '', /> 3 \| app\.get/);
  });

  test('are checked by the nearest tsconfig.json', async () => {
    const compilerOptions = {
      target: 'esnext',
      lib: ['esnext'],
      module: 'preserve',
      types: ['@spiderlightning/guest/globals'],
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      strict: true,
      noEmit: true,
    };
    await write('own/tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const entry = await write('own/app.ts', hello);
    await write('own/other.ts', '// The entry does not import it.\nexport const x: string = 1;\n');
    const failure = await buildComponent({ entry }).catch((error: unknown) => error);
    assert.ok(failure instanceof BuildFailure);
    assert.deepEqual(failure.errors.map(place), [['own/other.ts', 2, 14]]);
  });

  test('of the default export are those of an app, with a tsconfig.json and without', async () => {
    const compilerOptions = {
      target: 'esnext',
      lib: ['esnext'],
      module: 'preserve',
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    };
    const types = ['@spiderlightning/guest/globals'];
    await write('typed/tsconfig.json', JSON.stringify({ compilerOptions: { ...compilerOptions, types } }));
    const head = "import { router, text } from '@spiderlightning/guest';\nconst app = router();\n";
    const wrong = [
      'async () => app',
      '() => router()',
      '(req: { url: string }, res: { end: (text: string) => void }) => res.end(req.url)',
      'async () => undefined',
    ];
    const right = [
      'app',
      "() => text('hi')",
      "async ({ url }: { url: string }) => (url === '' ? new Response('hi') : text(url))",
      '{ handle: (request: Parameters<typeof app.handle>[0]) => app.handle(request) }',
    ];
    for (const path of ['typed/app.ts', 'app.ts']) {
      for (const value of wrong) {
        const entry = await write(path, `${head}void [text];\nexport default ${value};\n`);
        const errors = await checkTypes(entry);
        assert.deepEqual(errors.map(place), [[path, 4, 1]], value);
        assert.match(
          errors[0]?.message ?? '',
          /^the default export answers no request: .*'App'.* \(TS1360\)$/,
        );
        assert.match(errors[0]?.fix ?? '', /`export default app;`, where `const app = router\(\);`/);
      }
      for (const value of right) {
        const entry = await write(path, `${head}void [text];\nexport default ${value};\n`);
        assert.deepEqual(
          (await checkTypes(entry)).map(({ message }) => message),
          [],
          value,
        );
      }
    }
    const worker = await write('app.ts', 'export async function onSchedule() {}\n');
    assert.deepEqual(await checkTypes(worker), []);
  });

  test('that are right build', async () => {
    const { imports } = await build(
      `${hello}console.log(new URL('http://h/').href, new TextEncoder(), crypto.randomUUID);`,
      { typecheck: true },
    );
    assert.ok(imports.length > 0);
  });
});
