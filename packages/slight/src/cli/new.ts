import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { StartError } from '../host/log/start-error.ts';
import { printResult } from './result.ts';
import { UsageError } from './usage.ts';

/** Templates are folders below `templates/`, with what each is. */
const templates: { readonly [name: string]: string } = {
  ts: 'a TypeScript app',
  worker: 'a TypeScript app that works in the background',
};

/** Where this package lies: with its sources in a checkout, compiled in an installation. */
const packageFolder = fileURLToPath(new URL('../../', import.meta.url));
const fromSources = extname(import.meta.filename) === '.ts';

/**
 * `slight new TEMPLATE -n NAME`. Makes a project in a folder of that name. What it did goes to stderr, the folder to
 * stdout where that is no terminal. Gives the exit code.
 * @throws {UsageError} for a template or a name that cannot be
 * @throws {StartError} where the folder holds something
 */
export function createProject(template: string, name: string): number {
  if (!Object.hasOwn(templates, template)) throw new UsageError(describeUnknown(template));
  checkName(name);
  const folder = resolve(name);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new StartError(`${name} is a file here\n  fix: choose another name, or move that file`);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new StartError(
      `${name} is a folder that is not empty\n  fix: choose another name, or remove what lies in it`,
    );
  const existed = existsSync(folder);
  try {
    writeProject(template, name, folder);
  } catch (error) {
    // Half a project would keep the next try from beginning.
    if (existed)
      for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
    else rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  process.stderr.write(describeNext(name, templates[template] ?? template));
  printResult(name);
  return 0;
}

function writeProject(template: string, name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(packageFolder, 'templates', template), folder, { recursive: true });
  // npm would leave out a file of this name when it packs the template.
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
  const release = (readManifest(packageFolder) as { version: string }).version;
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, file);
    if (extname(path) === '') continue;
    const text = readFileSync(path, 'utf8');
    const filled = text.replaceAll('{{name}}', name).replaceAll('{{release}}', release);
    if (filled !== text) writeFileSync(path, filled);
  }
  if (fromSources) linkCheckout(folder);
}

/** A project that was made from a checkout of the sources uses the packages that lie there. */
function linkCheckout(folder: string): void {
  const root = join(packageFolder, '..', '..');
  const manifest = readManifest(folder) as { devDependencies: { [name: string]: string } };
  for (const name of Object.keys(manifest.devDependencies)) {
    const place = placesInCheckout(name).find((path) => existsSync(join(root, path)));
    if (place !== undefined)
      manifest.devDependencies[name] = `file:${pathFrom(folder, root, join(root, place))}`;
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function placesInCheckout(name: string): readonly string[] {
  const [, own] = /^@spiderlightning\/(.*)$/.exec(name) ?? [];
  if (own !== undefined) return [`packages/${own}`];
  if (name !== 'node') return [`node_modules/${name}`];
  // Not the package `node` itself, whose install script would run again and write into the checkout.
  const machine = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  return [`node_modules/node/node_modules/${machine}`, `node_modules/${machine}`];
}

/** Inside of the checkout a path that moves with it, elsewhere one that lets the project move. */
function pathFrom(folder: string, root: string, place: string): string {
  const path = folder.startsWith(root + sep) ? relative(folder, place) : place;
  return path.replaceAll(sep, '/');
}

function readManifest(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** @throws {UsageError} for a name that neither a folder nor a package can have */
function checkName(name: string): void {
  const refuse = (why: string) =>
    new UsageError(`${JSON.stringify(name)} is no name for a project: ${why}\n  fix: choose one like my-app`);
  if (/@v?\d/.test(name)) throw refuse('it has a release, and a project gets that of this slight');
  if (name.length > 100) throw refuse(`it has ${name.length} characters, more than 100`);
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
    throw refuse('it has other characters than small letters, digits, and - _ . after the first');
  if (Object.hasOwn(templates, name) || name === 'node_modules' || name.endsWith('.'))
    throw refuse('the word has a meaning of its own');
}

function describeUnknown(template: string): string {
  const list = Object.entries(templates).map(([name, what]) => `${name} (${what})`);
  return `there is no template ${JSON.stringify(template)}\n  fix: name one of these: ${list.join(', ')}`;
}

function describeNext(name: string, what: string): string {
  const step = (command: string, does: string) =>
    `  ${styleText('bold', command.padEnd(16), { stream: process.stderr })}${does}`.trimEnd();
  return [
    `created ${name}, ${what}. Next:`,
    step(`cd ${name}`, ''),
    step('npm install', ''),
    step('npm test', 'the handlers, in plain Node'),
    step('npm run dev', 'build and run; again after each change'),
    '',
  ].join('\n');
}
