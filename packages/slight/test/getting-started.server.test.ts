import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { findFreePort } from '../../../test/servers/process.ts';
import { redisMissing } from '../../../test/servers/redis.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8');

interface Section {
  readonly title: string;
  readonly commands: string;
  /** What is printed, line by line; between these there may be more. */
  readonly printed: readonly string[];
}

const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const blocks = (language: string) =>
      [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1]!);
    const printed = blocks('json')
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    return { title: text.split('\n', 1)[0]!, commands: blocks('sh').join(''), printed };
  })
  .filter(({ commands }) => commands !== '');

/** One shell, as a person has it, in which block follows block. */
const shell = spawn('bash', [], {
  cwd: root,
  detached: true,
  stdio: ['pipe', 'pipe', 'pipe'],
  env: shellEnv(),
});
let said = '';
for (const stream of [shell.stdout, shell.stderr]) {
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => (said += text));
}
after(() => {
  // With all that it started.
  if (shell.exitCode === null) process.kill(-shell.pid!, 'SIGKILL');
});

function shellEnv(): NodeJS.ProcessEnv {
  const env = { ...process.env, NO_COLOR: '1', npm_config_prefer_offline: 'true' };
  // The runner's own variable would have a `node --test` inside of a test speak to the runner.
  delete (env as NodeJS.ProcessEnv).NODE_TEST_CONTEXT;
  return env;
}

/** Runs commands until the first that fails. */
async function run(commands: string): Promise<{ code: number; text: string }> {
  said = '';
  const mark = `over-${Math.random().toString(36).slice(2)}`;
  shell.stdin.write(`{ set -e\n${commands}\n} && printf "\\n${mark} 0\\n" || printf "\\n${mark} 1\\n"\n`);
  for (;;) {
    const end = new RegExp(`^${mark} (\\d)$`, 'm').exec(said);
    if (end !== null) return { code: Number(end[1]), text: said };
    assert.equal(shell.exitCode, null, said);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let http = 0;
let redis = 0;
before(async () => {
  http = await findFreePort();
  redis = await findFreePort();
});

for (const { title, commands, printed } of sections) {
  test(`getting started: ${title}`, { skip: redisMissing, timeout: 110_000 }, async (t) => {
    const began = performance.now();
    // npm ci was done by whoever runs the tests, and would take the ground away from under the others.
    const own = commands
      .replaceAll(':3000', `:${http}`)
      .replaceAll(/--port 6379|-p 6379/g, (option) => option.replace('6379', String(redis)))
      .replace(/^npm ci$/m, `export PATH="${dirname(process.execPath)}:$PATH"`)
      .replace(
        'npm install',
        `npm install && sed -i 's/:3000/:${http}/; s/:6379/:${redis}/' slightfile.toml`,
      );
    const { code, text } = await run(own);
    assert.equal(code, 0, text);
    let from = 0;
    for (const line of printed) {
      const at = text.indexOf(line, from);
      assert.ok(at >= 0, `${line}\nis not there in\n${text}`);
      from = at + line.length;
    }
    t.diagnostic(`${title}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  });
}

test('the page has all its steps', () => {
  assert.deepEqual(
    sections.map(({ title }) => title),
    ['The tools', 'An app', 'On a laptop', 'On premises'],
  );
});
