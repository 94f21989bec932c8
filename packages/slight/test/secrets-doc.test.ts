import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildComponent } from '@spiderlightning/build';
import { appFolder, runCommand, serveApp } from './slight.ts';

const root = join(import.meta.dirname, '../../..');

test('docs/secrets.md can be followed from its first line to its last', async () => {
  const text = await readFile(join(root, 'docs/secrets.md'), 'utf8');
  const blocks = (language: string) =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);
  const [setting = '', rotating = ''] = blocks('sh');
  const [slightfile = '', elsewhere = ''] = blocks('toml');
  const [app = ''] = blocks('ts');
  const folder = await appFolder({
    'slightfile.toml': slightfile,
    'api-key': 'c4nary-key\n',
    'src/app.ts': app,
  });
  const type = async (commands: string) => {
    const said = [];
    for (const line of commands.trimEnd().split('\n')) {
      const [, args = '', file] =
        /^slight ([^#<]*?)(?: < ([\w-]+))? *(?:#.*)?$/.exec(line) ?? assert.fail(line);
      const input = file === undefined ? 'c4nary-typed' : await readFile(join(folder, file), 'utf8');
      const ended = await runCommand(folder, args.split(' '), {}, input);
      assert.equal(ended.code, 0, `${line}\n${ended.stderr}`);
      said.push(ended.stdout + ended.stderr);
    }
    return said;
  };
  const [first, , listed] = await type(setting);
  assert.match(first!, /made its key, .*slight\/keys\//);
  assert.equal(listed, 'API_KEY\nREDIS_PASSWORD\n');

  await mkdir(join(folder, 'node_modules/@spiderlightning'), { recursive: true });
  await symlink(join(root, 'packages/guest'), join(folder, 'node_modules/@spiderlightning/guest'), 'dir');
  await buildComponent({
    entry: join(folder, 'src/app.ts'),
    out: join(folder, 'dist/app.wasm'),
    typecheck: false,
  });
  const served = await serveApp(folder);
  assert.deepEqual(JSON.parse((await served.get('/')).body), { length: 'c4nary-key'.length });
  const { stderr } = await served.stop();
  assert.match(stderr, /the key is .*\*\*\*/);
  assert.doesNotMatch(stderr, /c4nary/);

  // On the machine elsewhere the key is in a variable; nobody answers as its Redis, so the start tells of that.
  const [anew = '', elsewhereKey = '', removing = ''] = rotating.split('\n');
  await type(anew);
  await type(elsewhereKey);
  const key = await readFile(join(folder, 'new.key'), 'utf8');
  await writeFile(join(folder, 'slightfile.toml'), `${slightfile}\n${elsewhere}`);
  const start = ['run', '--target', 'cloud', '--address', '127.0.0.1:0'];
  const away = await runCommand(folder, start, { SLIGHT_SECRETS_KEY: key });
  assert.match(away.stderr, /keyvalue "orders" \(redis:\/\/cache:6379\): /);
  assert.match((await runCommand(folder, start)).stderr, /SLIGHT_SECRETS_KEY is not set/);
  assert.doesNotMatch(away.stderr, /c4nary/);
  assert.match((await type(removing))[0]!, /^removed API_KEY/);
});
