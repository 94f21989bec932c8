/** Writes docs/backends from the backends themselves: features, binds, settings. A test compares them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, ConfigField } from '../packages/slight/src/capabilities/core/backend.ts';
import type { CapabilityName } from '../packages/slight/src/capabilities/core/capability.ts';
import { listBackends } from '../packages/slight/src/capabilities/core/open.ts';
import { capabilities } from '../packages/slight/src/capabilities/core/registry.ts';

const root = join(import.meta.dirname, '..');
export const folder = join(root, 'docs', 'backends');
const origin =
  'Written by `npx node scripts/generate-backends.ts` from what the backends say of themselves; `slight backends --json` says the same to programs.';

/** The pages: path and text. */
export async function deriveBackendPages(): Promise<(readonly [path: string, text: string])[]> {
  const names = (Object.keys(capabilities) as CapabilityName[]).toSorted();
  const pages = await Promise.all(
    names.map(async (name) => [join(folder, `${name}.md`), await writePage(name)] as const),
  );
  return [[join(folder, 'README.md'), await writeIndex(names)], ...pages];
}

async function writeIndex(names: readonly CapabilityName[]): Promise<string> {
  const rows = await Promise.all(
    names.map(async (name) => {
      const schemes = (await listBackends(name)).map(({ scheme }) => `\`${scheme}\``).join(', ');
      const { embedded } = capabilities[name];
      return `| [${name}](${name}.md) | ${schemes} | ${embedded === undefined ? 'none' : `\`${embedded}\``} |`;
    }),
  );
  return [
    '# Backends',
    '',
    origin,
    '',
    'A line of the slightfile names a backend: `orders = "sqlite"`. What each of them passes is in [conformance](../backend-conformance.md). [Write your own](../writing-a-backend.md).',
    '',
    '| table | backends | without a slightfile |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

async function writePage(name: CapabilityName): Promise<string> {
  const { settings, backends } = capabilities[name] as {
    settings?: { [key: string]: ConfigField };
    backends: readonly { schemes: readonly string[] }[];
  };
  const listed: readonly Backend<unknown>[] = await listBackends(name as 'keyvalue');
  const meanings = readMeanings(name).filter(([feature]) =>
    listed.some(({ features }) => features.has(feature)),
  );
  const sections = listed.map((backend, index) => writeBackend(backend, backends[index]!.schemes));
  return [
    `# [${name}]`,
    '',
    origin,
    '',
    `| feature | ${listed.map(({ scheme }) => `\`${scheme}\``).join(' | ')} | meaning |`,
    `|---|${'---|'.repeat(listed.length)}---|`,
    ...meanings.map(
      ([feature, meaning]) =>
        `| \`${feature}\` | ${listed.map(({ features }) => (features.has(feature) ? 'yes' : '')).join(' | ')} | ${meaning} |`,
    ),
    '',
    'What a backend does not have is `unsupported`, in a message that names those which have it.',
    '',
    ...(settings === undefined ? [] : ['## Settings of every name', '', ...writeSettings(settings), '']),
    ...sections.flat(),
  ].join('\n');
}

/** Where settings decide it, by what each of them alone decides. */
function describeSingle(
  single: NonNullable<Backend<unknown>['singleProcess']>,
  config: Backend<unknown>['config'],
): string {
  const flags = Object.keys(config).filter((key) => config[key]!.type === 'boolean');
  const when =
    typeof single === 'boolean'
      ? []
      : flags.filter((key) => single({ [key]: true })).map((key) => `\`${key} = true\``);
  return when.length === 0
    ? '- Its data lives in one process, so the app runs with one worker.'
    : `- With ${when.join(', ')} its data lives in one process, so the app runs with one worker.`;
}

function writeBackend(
  { scheme, doc, config, packages = [], singleProcess, flushesFiles }: Backend<unknown>,
  schemes: readonly string[],
): string[] {
  const also = schemes.slice(1).map((each) => `\`${each}\``);
  const notes = [
    ...(also.length > 0 ? [`- Also spelled ${also.join(', ')}.`] : []),
    ...(singleProcess ? [describeSingle(singleProcess, config)] : []),
    ...(flushesFiles ? ["- An app that uses it runs without Node's permission model."] : []),
    ...packages.map((each) => `- Needs a library: \`npm install ${each}\`.`),
  ];
  const settings = Object.keys(config).length === 0 ? ['No settings of its own.'] : writeSettings(config);
  return [`## ${scheme}`, '', doc, '', ...(notes.length > 0 ? [...notes, ''] : []), ...settings, ''];
}

function writeSettings(fields: { readonly [key: string]: ConfigField }): string[] {
  return [
    '| setting | type | default | example | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries(fields).map(([key, field]) => {
      const usual = field.required
        ? 'required'
        : field.default === undefined
          ? ''
          : code(JSON.stringify(field.default));
      const secret = field.secret ? ' **Secret**: never printed.' : '';
      const example = field.example === undefined ? '' : code(field.example);
      return `| \`${key}\` | ${field.type} | ${usual} | ${example} | ${cell(field.doc)}${secret} |`;
    }),
  ];
}

const code = (text: string) => `\`${cell(text)}\``;
const cell = (text: string) => text.replaceAll('|', '\\|');

/** What features mean stands beside them in the contract. */
function readMeanings(name: CapabilityName): (readonly [feature: string, meaning: string])[] {
  const path = join(root, 'packages/slight/src/capabilities', name, 'contract.ts');
  const [, union = ''] = /^export type \w+Feature =([^;]*;[^\n]*)/m.exec(readFileSync(path, 'utf8')) ?? [];
  return union.split('\n').flatMap((line) => {
    const [written = '', comment = ''] = line.split('//');
    const features = [...written.matchAll(/'([\w-]+)'/g)].map(([, feature]) => feature!);
    // A comment is about what stands before it.
    return features.map(
      (feature, index) => [feature, index === features.length - 1 ? cell(comment.trim()) : ''] as const,
    );
  });
}

if (import.meta.main) {
  mkdirSync(folder, { recursive: true });
  for (const [path, text] of await deriveBackendPages()) writeFileSync(path, text);
}
