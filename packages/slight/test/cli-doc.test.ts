import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeProgram } from '../src/cli/commands.ts';

const docs = join(import.meta.dirname, '../../../docs');
/** What the pages show of how each command is called: in blocks, a line for each form. */
const forms = ['running.md', 'guests.md']
  .map((page) => readFileSync(join(docs, page), 'utf8'))
  .flatMap((text) => [...text.matchAll(/^```\n(slight .*?)^```$/gms)].map(([, block]) => block!))
  .flatMap((block) => block.replaceAll(/\n +/g, ' ').trimEnd().split('\n'));

test('the pages have every command with each of its options, and none that is not there', () => {
  const { commands } = describeProgram(() => undefined, undefined, undefined);
  assert.ok(commands.length > 7);
  const missing = commands.flatMap((command) => {
    const shown = forms.filter((form) => form.startsWith(`slight ${command.name()}`)).join(' ');
    return command.options
      .filter(({ short, long }) => ![short, long].some((name) => shown.split(/[\s[\]|()]+/).includes(name!)))
      .map(({ long }) => `${command.name()} ${long}`);
  });
  assert.deepEqual(missing, []);
  const unknown = forms.flatMap((form) => {
    const [, name = '', rest = ''] = /^slight (\w+)(.*)$/.exec(form)!;
    const options = commands.find((command) => command.name() === name)?.options;
    if (options === undefined) return [form];
    const known = new Set(options.flatMap(({ short, long }) => [short, long]));
    const written = rest.split(/[\s[\]|()]+/).filter((word) => /^--?\w/.test(word));
    return written.filter((word) => !known.has(word)).map((word) => `${name} ${word}`);
  });
  assert.deepEqual(unknown, []);
});
