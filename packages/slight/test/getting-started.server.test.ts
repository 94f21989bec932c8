import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { startBrowser } from '../../../examples/chat/test/browser.ts';
import type { Browser, Page } from '../../../examples/chat/test/browser.ts';
import { natsMissing } from '../../../test/servers/nats.ts';
import { findFreePort } from '../../../test/servers/process.ts';
import { redisMissing } from '../../../test/servers/redis.ts';
import { chromiumMissing } from '../../component/test/browser/chromium.ts';
import { findUnprinted, readSections } from './getting-started.ts';
import type { Step, Window } from './getting-started.ts';

const root = join(import.meta.dirname, '../../..');
const sections = readSections(readFileSync(join(root, 'docs/getting-started.md'), 'utf8'));

/** One shell, as a person has it, in which block follows block. */
const shell = spawn('bash', [], {
  cwd: root,
  detached: true,
  stdio: ['pipe', 'pipe', 'pipe'],
  env: shellEnv(),
});
const said = { out: '', err: '' };
shell.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
shell.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));

let browser: Browser | undefined;
let pages: { readonly name: string; readonly page: Page }[] = [];
/** The ports of the page, which others may have here, and those that take their place. */
const ports = new Map<string, string>();
before(async () => {
  for (const usual of ['3000', '3001', '4222', '6379']) ports.set(usual, String(await findFreePort()));
});
after(async () => {
  await browser?.end();
  // With all that it started, also where it has ended itself.
  process.kill(-shell.pid!, 'SIGKILL');
});

function shellEnv(): NodeJS.ProcessEnv {
  // What npm has or need not ask for takes no time.
  const npm = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  const env = { ...process.env, NO_COLOR: '1', ...npm };
  // The runner's own variable would have a `node --test` inside of a test speak to the runner.
  delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
  return env;
}

const onOwnPorts = (text: string): string =>
  text.replaceAll(/\b(?:3000|3001|4222|6379)\b/g, (port) => ports.get(port)!);

/** Runs commands; the first that fails ends the shell. Gives what they printed. */
async function run(commands: string): Promise<string> {
  said.out = '';
  said.err = '';
  const mark = `over-${Math.random().toString(36).slice(2)}`;
  shell.stdin.write(`set -e\n{\n${commands}\n} < /dev/null\nset +e\nprintf '\\n${mark}\\n'\n`);
  while (!said.out.includes(`\n${mark}\n`)) {
    const ended = shell.exitCode !== null || shell.signalCode !== null;
    assert.equal(ended, false, `a command failed:\n${said.out}\n${said.err}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return said.out;
}

/** The page's commands, but for what would disturb whoever else is on this machine. */
function adapt(commands: string): string {
  const expressions = [...ports].map(([usual, own]) => `s/:${usual}/:${own}/`).join('; ');
  return (
    onOwnPorts(commands)
      // Was done by whoever runs the tests, and would take the ground away from under the others.
      .replace(/^npm ci$/m, `export PATH="${dirname(process.execPath)}:$PATH"`)
      // Where the slightfile has come to be.
      .replace(/^(npm install|cp -R .*)$/gm, `$&\nsed -i '${expressions}' slightfile.toml`)
  );
}

/** Opens the windows, comes in, and talks. */
async function open(windows: readonly Window[]): Promise<void> {
  browser ??= await startBrowser();
  pages = [];
  for (const { url, name } of windows) {
    const page = await browser.open(onOwnPorts(url));
    await page.waitFor('the page asks for a name', `document.activeElement?.id === 'name'`);
    await page.type(name, 'Enter');
    await page.waitFor('it is connected', `document.querySelector('#state')?.dataset.state === 'here'`);
    pages.push({ name, page });
  }
  await talk('hello');
}

/** Each says something, and all see it. */
async function talk(text: string): Promise<void> {
  for (const { name, page } of pages) {
    await page.evaluate(`document.getElementById('text').focus()`);
    await page.type(`${text} from ${name}`, 'Enter');
    for (const other of pages)
      await other.page.waitFor(
        `${other.name} sees what ${name} said`,
        `[...document.querySelectorAll('#log p')].some((p) => p.textContent === '${text} from ${name}')`,
      );
  }
  for (const { page } of pages) assert.deepEqual(page.faults, []);
}

async function take(step: Step): Promise<void> {
  switch (step.does) {
    case 'run': {
      const printed = await run(adapt(step.commands));
      const missing = findUnprinted(step.printed.map(onOwnPorts), printed);
      assert.deepEqual(missing, [], `is not printed by\n${step.commands}\nbut:\n${printed}\n${said.err}`);
      return;
    }
    case 'edit': {
      const file = join((await run('pwd')).split('\n', 1)[0]!, 'slightfile.toml');
      const text = readFileSync(file, 'utf8');
      assert.ok(text.includes(step.from), `${file} has no\n${step.from}`);
      writeFileSync(file, text.replace(step.from, onOwnPorts(step.to)));
      return;
    }
    case 'open':
      if (chromiumMissing === false) await open(step.windows);
  }
}

const skip = redisMissing || natsMissing;
// Installing packages is for npm and the disk to do, which have as long as it takes them on a busy machine.
const timeout = 300_000;
for (const { title, steps } of sections)
  test(`getting started: ${title}`, { skip, timeout }, async (t) => {
    const began = performance.now();
    if (chromiumMissing !== false && steps.some(({ does }) => does === 'open')) t.diagnostic(chromiumMissing);
    for (const [index, step] of steps.entries()) {
      await take(step);
      if (title === 'A host dies' && index === 0) await talk('still here');
    }
    t.diagnostic(`${title}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  });

test('the page has all its steps', () => {
  assert.deepEqual(
    sections.map(({ title, steps }) => `${title}: ${steps.map(({ does }) => does).join(', ')}`),
    [
      'The tools: run',
      'A new project: run',
      'On a laptop: run',
      'The servers: run',
      'One line: edit, run',
      'The chat on one host: run, open, run',
      'The chat on two hosts: run, open',
      'A host dies: run, run',
      'Packages alone: run',
    ],
  );
});

test('what a page shows and a shell does not print is found', () => {
  assert.deepEqual(findUnprinted(['a', 'b'], 'a\nother\nb\n'), []);
  assert.deepEqual(findUnprinted(['a', 'b'], 'b\na\nbb\n'), ['b']);
});
