import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { capabilities } from '../src/capabilities/core/registry.ts';
import { messagingSettings } from '../src/capabilities/messaging/settings.ts';
import { SlightfileError } from '../src/slightfile/error.ts';
import { bindTables, defaultLimits, defaultResilience, listBinds } from '../src/slightfile/model.ts';
import { parseSlightfile } from '../src/slightfile/parse.ts';
import { lists, tables } from '../src/slightfile/schema.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/slightfile.md'), 'utf8');
const env = { REDIS_PASSWORD: 'secret', REDIS_HOST: 'cache', APP_FOLDER: '/srv' };
const examples = [...text.matchAll(/^```toml\n(.*?)^```$/gms)].map((match) => match[1]!);
const sections = new Map(
  text.split(/^## /m).map((section) => [section.slice(0, section.indexOf('\n')), section]),
);
const parse = (example: string, target?: string) =>
  parseSlightfile(example, '/app/slightfile.toml', {
    env,
    target,
    secrets: () => () => ({ value: 'secret' }),
  });

test('every example of the documentation is a slightfile, with each of its targets', () => {
  assert.ok(examples.length >= 6);
  for (const example of examples) {
    const file = parse(example);
    for (const [, target] of example.matchAll(/^\[target\.(\w+)\./gm)) {
      assert.notDeepEqual(listBinds(parse(example, target)), listBinds(file));
    }
  }
});

test('it has a section for each table, and in it each key as the parser describes it', () => {
  const all = [
    ...Object.entries(tables).map(([name, fields]) => [`[${name}]`, fields] as const),
    ...Object.entries(lists).map(([name, fields]) => [`[[${name}]]`, fields] as const),
  ];
  for (const [name, fields] of all) {
    const section = sections.get(name);
    assert.ok(section, name);
    const written = [...section.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(
      ([, key, value]) => [key!, value!] as const,
    );
    assert.deepEqual(
      written.map(([key]) => key),
      Object.keys(fields),
    );
    for (const [key, value] of written) {
      const field = (fields as { [key: string]: { doc: string; example: string } })[key]!;
      assert.ok(value.startsWith(field.doc), `${key}: ${value} does not start with "${field.doc}"`);
      assert.ok(section.includes(field.example), `${key}: ${field.example}`);
    }
  }
  for (const name of bindTables) assert.ok(sections.has(`[${name}]`), name);
});

test('what it calls a default is one: to write it changes nothing', () => {
  const app = 'specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n';
  /** What each of a list needs besides. */
  const needed: { readonly [list: string]: string } = {
    schedule: 'name = "a"\ncron = "0 2 * * *"\n',
    watch: 'name = "a"\nstore = "shop"\n',
    subscription: 'name = "a"\nmessaging = "events"\ntopics = ["orders"]\n',
  };
  // Where the file says nothing, the environment may; so what is usual comes in last.
  const later = ['log.format', 'log.level', 'telemetry.sample'];
  const compared: string[] = [];
  for (const [header, section] of sections) {
    const [, name] = /^\[+(\w+)\]+$/.exec(header) ?? [];
    if (name === undefined || (!Object.hasOwn(tables, name) && !Object.hasOwn(lists, name))) continue;
    const begin = name === 'app' ? app : `${app}${header}\n${needed[name] ?? ''}`;
    for (const [, key, value] of section.matchAll(/^\| `(\w+)` \| [^|]* \| `([^|]*)` \|$/gm)) {
      if (later.includes(`${name}.${key}`)) continue;
      assert.deepEqual(parse(`${begin}${key} = ${value}\n`), parse(begin), `${header} ${key} = ${value}`);
      compared.push(key!);
    }
  }
  assert.ok(compared.length > 15, compared.join());
});

test('it has every place that a name of each table can live at, and the settings of all messages', () => {
  const missing = Object.entries(capabilities).flatMap(([name, { backends }]) =>
    backends.flatMap(({ schemes: [scheme] }) =>
      new RegExp(`["\`]${scheme}[:"\`]`).test(sections.get(`[${name}]`)!) ? [] : [`${name}: ${scheme}`],
    ),
  );
  assert.deepEqual(missing, []);
  const rows = [...sections.get('[messaging]')!.matchAll(/^\| `(\w+)` \| .* \| (.*?) \|$/gm)];
  const written = new Map(rows.map(([, key, usual]) => [key, usual!]));
  for (const [key, setting] of Object.entries(messagingSettings)) {
    const usual = 'default' in setting ? `\`${JSON.stringify(setting.default)}\`` : 'none: any place will do';
    assert.equal(written.get(key), usual, key);
  }
});

test('the limits that it calls defaults are the defaults, and its bounds are kept', () => {
  const section = sections.get('[limits]')!;
  const example = examples.find((each) => section.includes(each))!;
  assert.deepEqual(parse(example).limits, defaultLimits);
  const bounds = [...section.matchAll(/^\| `(\w+)` \| .*? \| `(.*?)` \| `(.*?)` \|$/gm)];
  assert.equal(bounds.length, Object.keys(defaultLimits).length);
  const fails = (key: string, value: string) =>
    assert.throws(
      () => parse(`specversion = "0.3"\napp.component = "a"\nlimits.${key} = ${value}`),
      SlightfileError,
    );
  for (const [, key, least, most] of bounds) {
    for (const bound of [least!, most!]) {
      parse(`specversion = "0.3"\napp.component = "a"\nlimits.${key} = ${bound}`);
    }
    fails(
      key!,
      most!.replace(/\d+/, (digits) => String(Number(digits) + 1)),
    );
    if (/[1-9]/.test(least!)) fails(key!, least!.replace(/\d+/, '0'));
  }
});

test('the resilience that it calls the default is the default', () => {
  const section = sections.get('[resilience]')!;
  const example = examples.find((each) => section.includes(each))!;
  assert.deepEqual(parse(example).resilience, { ...defaultResilience, deadline: 5_000 });
});

test('the error that it shows is the one that is printed', () => {
  const shown = /^```text\n(.*?)^```$/ms.exec(sections.get('Errors')!)![1]!.trimEnd();
  const file = 'specversion = "0.3"\n[app]\ncomponent = "a"\n\n\n\n[limits]\nmemroy = "256MiB"\n';
  assert.throws(
    () => parseSlightfile(file, 'slightfile.toml', { env }),
    (error) => error instanceof SlightfileError && error.message === shown,
  );
});
