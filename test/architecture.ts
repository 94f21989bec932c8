import { builtinModules } from 'node:module';
import { dirname, posix } from 'node:path';

/** A source file; its path starts at the root of the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** What of a package.json says whom the package may import. */
export interface Manifest {
  readonly name: string;
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
}

/** Packages by their folder: `slight`, `wasi` … */
export type Manifests = { readonly [folder: string]: Manifest };

interface Import {
  readonly from: Source;
  /** As it is written. */
  readonly name: string;
  /** By `import()` at run time, so that it costs nothing until it is needed. */
  readonly lazy: boolean;
}

const longest = 400;

/** Packages that are for every platform, or for guests, and so use nothing of Node. Folders named here may. */
const withoutNode: { readonly [folder: string]: RegExp | undefined } = {
  component: /^packages\/component\/src\/platform\//,
  wasi: undefined,
  guest: /^packages\/guest\/src\/test\//,
};

const belowHost = [
  'slightfile',
  'log',
  'secrets',
  'telemetry',
  'messages',
  'core',
  'registry',
  'capabilities',
  'outgoing',
  'dialects',
  'triggers',
];

/**
 * The floors of packages/slight, from the ground up. A file stands on the first floor that fits it, and imports its own
 * floor and those that `may` names; `lazily` names floors that it reaches by `import()` alone.
 */
const floors: readonly { name: string; files: RegExp; may: readonly string[]; lazily?: readonly string[] }[] =
  [
    { name: 'slightfile', files: /^slightfile\//, may: [] },
    { name: 'log', files: /^host\/log\//, may: ['slightfile'] },
    { name: 'secrets', files: /^secrets\//, may: ['slightfile'] },
    { name: 'telemetry', files: /^telemetry\//, may: ['slightfile', 'core'] },
    {
      name: 'messages',
      files: /^triggers\/(event|http-message|held\/(command|event))\.ts$/,
      may: ['telemetry'],
    },
    {
      name: 'registry',
      files: /^capabilities\/core\/(registry|open)\.ts$/,
      may: ['slightfile', 'core', 'capabilities'],
      lazily: ['backends'],
    },
    { name: 'core', files: /^capabilities\/core\//, may: ['slightfile'] },
    { name: 'backends', files: /^capabilities\/[^/]+\/backends\//, may: ['core', 'capabilities', 'clients'] },
    // What others write backends with, and the suites as they use them: with the portable layer around their backend.
    {
      name: 'suites',
      files: /^((capabilities\/[^/]+\/)?conformance|backend)\.ts$/,
      may: ['core', 'capabilities', 'registry'],
    },
    { name: 'capabilities', files: /^capabilities\//, may: ['core'] },
    { name: 'outgoing', files: /^outgoing\//, may: ['core', 'slightfile', 'messages'] },
    { name: 'clients', files: /^clients\//, may: ['core'] },
    {
      name: 'dialects',
      files: /^dialects\//,
      may: ['messages', 'core', 'capabilities', 'outgoing'],
    },
    { name: 'triggers', files: /^triggers\//, may: ['messages', 'log', 'slightfile', 'telemetry'] },
    // Two processes: what one does is no part of the other, and both share the host's own folder.
    { name: 'supervisor', files: /^host\/supervisor\//, may: [...belowHost, 'host'] },
    { name: 'worker', files: /^host\/worker\//, may: [...belowHost, 'host'] },
    { name: 'host', files: /^host\//, may: belowHost },
    { name: 'cli', files: /^cli\//, may: ['slightfile', 'log', 'secrets', 'host', 'supervisor'] },
  ];

const isTest = (path: string) => path.endsWith('.test.ts') || !/^packages\/[^/]+\/src\//.test(path);

/** Everything in the sources of packages that breaks a rule, each in one line. */
export function checkArchitecture(sources: readonly Source[], manifests: Manifests): string[] {
  const inPackages = sources.filter(({ path }) => path.startsWith('packages/'));
  const imports = inPackages.filter(({ path }) => !isTest(path)).flatMap(findImports);
  return [
    ...inPackages.filter(({ path }) => /^packages\/[^/]+\/src\//.test(path)).flatMap(checkLength),
    ...inPackages.filter(({ path }) => !isTest(path)).flatMap(checkStart),
    ...imports.flatMap((each) => [
      ...checkPlatform(each),
      ...checkBorders(each, manifests),
      ...checkFloors(each),
    ]),
    ...checkDependencies(imports, manifests),
  ];
}

/** Static, dynamic and resolved imports, also of types. Lines of comments are no code. */
export function findImports(from: Source): Import[] {
  const code = from.text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const find = (pattern: RegExp, lazy: boolean) =>
    [...code.matchAll(pattern)].map((match): Import => ({ from, name: match[1]!, lazy }));
  return [
    ...find(/^\s*(?:import|export)\s[\w\s{},*$]*?\bfrom\s+['"]([^'"]+)['"]/gm, false),
    ...find(/^\s*import\s+['"]([^'"]+)['"]/gm, false),
    ...find(/\bimport\(\s*['"]([^'"]+)['"]/g, true),
    ...find(/\bresolve\(\s*['"]((?:@[\w.-]+\/)?[\w-]+(?:\/[^'"]*)?)['"]\s*\)/g, true),
  ];
}

function checkLength({ path, text }: Source): string[] {
  const lines = text.split('\n').length - 1;
  return lines > longest
    ? [`${path} has ${lines} lines, more than ${longest}: it has more than one reason to exist`]
    : [];
}

/** An import of `node:http` looks up all of its names, and one of them loads a client: as long as Node itself takes. */
function checkStart({ path, text }: Source): string[] {
  return /^import (?!type\b)[^;]*from 'node:http';/m.test(text)
    ? [`${path} imports node:http, which takes tens of milliseconds: process.getBuiltinModule('node:http')`]
    : [];
}

function checkPlatform({ from, name }: Import): string[] {
  if (name === 'node:test' || name.startsWith('node:test/')) {
    return [`${from.path} imports ${name}, which is for tests`];
  }
  const folder = packageOf(from.path);
  const exception = withoutNode[folder];
  const isNode = name.startsWith('node:') || builtinModules.includes(name);
  if (!isNode || !(folder in withoutNode) || exception?.test(from.path)) return [];
  return [`${from.path} imports ${name}, and packages/${folder} uses nothing of Node there`];
}

/** Packages meet by name, and only those that they declare. */
function checkBorders({ from, name }: Import, manifests: Manifests): string[] {
  const folder = packageOf(from.path);
  if (name.startsWith('.')) {
    const target = targetOf(from, name);
    return target.startsWith(`packages/${folder}/`)
      ? []
      : [`${from.path} imports ${name}, outside its package`];
  }
  const used = packageNameOf(name);
  if (used === undefined || used === manifests[folder]?.name) return [];
  return declared(manifests[folder]).includes(used)
    ? []
    : [`${from.path} imports ${used}, which packages/${folder}/package.json does not name`];
}

function checkFloors({ from, name, lazy }: Import): string[] {
  const prefix = 'packages/slight/src/';
  if (!from.path.startsWith(prefix) || !name.startsWith('.')) return [];
  const target = targetOf(from, name);
  if (!target.startsWith(prefix)) return [];
  const lower = target.slice(prefix.length);
  const upper = from.path.slice(prefix.length);
  const here = floors.find(({ files }) => files.test(upper));
  const there = floors.find(({ files }) => files.test(lower));
  if (here === undefined || there === undefined) {
    return [`${here === undefined ? from.path : target} stands on no floor`];
  }
  const capability = /^capabilities\/(?!core\/)([^/]+)\//;
  const [, mine] = capability.exec(upper) ?? [];
  const [, theirs] = capability.exec(lower) ?? [];
  if (mine !== undefined && theirs !== undefined && mine !== theirs) {
    return [`${from.path} imports ${name}, of another capability`];
  }
  const allowed =
    here === there || here.may.includes(there.name) || (lazy && (here.lazily?.includes(there.name) ?? false));
  return allowed
    ? []
    : [`${from.path} (${here.name}) imports ${name} (${there.name}), which is not below it`];
}

function checkDependencies(imports: readonly Import[], manifests: Manifests): string[] {
  return Object.entries(manifests).flatMap(([folder, manifest]) => {
    const used = new Set(
      imports.filter(({ from }) => packageOf(from.path) === folder).map(({ name }) => packageNameOf(name)),
    );
    return declared(manifest)
      .filter((name) => !used.has(name))
      .map((name) => `packages/${folder}/package.json names ${name}, which nothing there imports`);
  });
}

function declared(manifest: Manifest | undefined): string[] {
  return Object.keys({ ...manifest?.dependencies, ...manifest?.peerDependencies });
}

function packageOf(path: string): string {
  return path.split('/')[1]!;
}

/**
 * The package of a bare name; undefined for files, names of the package's own (`#cloud/…`), Node's modules and a guest's
 * interfaces (`spiderlightning:…`).
 */
function packageNameOf(name: string): string | undefined {
  if (/^[.#]/.test(name) || name.includes(':') || builtinModules.includes(name)) return undefined;
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function targetOf(from: Source, name: string): string {
  return posix.join(dirname(from.path), name);
}
