import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadWit, systemWitPath, witPath, witVersion } from '@spiderlightning/wit';
import type { BuildError } from './error.ts';

/** What a guest may import: the interface's full name, as it stands in an import statement. */
export type InterfaceName = string;

const cloud = /^spiderlightning:cloud\/([a-z0-9-]+)@(.+)$/;

let found: ReadonlySet<string> | undefined;

/** The interfaces of the specification that a guest may import: those that a world imports, and what they use. */
function cloudInterfaces(): ReadonlySet<string> {
  return (found ??= new Set(
    loadWit(witPath)
      .worlds.flatMap(({ imports }) => imports)
      .concat('types'),
  ));
}

/** System interfaces that a guest may import besides. Every host gives them. */
export const systemInterfaces: readonly InterfaceName[] = [
  'wasi:clocks/monotonic-clock@0.2.12',
  'wasi:random/random@0.2.12',
];

/** Says why a guest cannot import this interface, or gives undefined where it can. */
export function checkInterface(name: InterfaceName): Pick<BuildError, 'message' | 'fix'> | undefined {
  if (systemInterfaces.includes(name)) return undefined;
  const known = [
    ...[...cloudInterfaces()].toSorted().map((item) => `spiderlightning:cloud/${item}@${witVersion}`),
    ...systemInterfaces,
  ];
  const [, item, version] = cloud.exec(name) ?? [];
  if (item !== undefined && cloudInterfaces().has(item)) {
    if (version === witVersion) return undefined;
    return {
      message: `${name}: this build knows version ${witVersion} of the interface, not ${version}`,
      fix: `import from 'spiderlightning:cloud/${item}@${witVersion}'`,
    };
  }
  return {
    message: `${name} is no interface that a guest can import`,
    fix: `these are: ${known.join(', ')}`,
  };
}

/**
 * Writes a WIT folder with a world that imports these interfaces, and no other, and exports these.
 * A guest whose world asks for less needs fewer grants. Gives the world's name.
 */
export async function writeWorld(
  folder: string,
  imports: readonly InterfaceName[],
  exports: readonly string[],
): Promise<string> {
  await copyPackage(witPath, join(folder, 'deps', 'cloud'), (file) => file !== 'worlds.wit');
  for (const name of await readdir(systemWitPath))
    await copyPackage(join(systemWitPath, name), join(folder, 'deps', name), () => true);
  const lines = [
    'package spiderlightning:app;',
    '',
    'world app {',
    ...imports.map((name) => `  import ${name};`),
    ...exports.map((name) => `  export spiderlightning:cloud/${name}@${witVersion};`),
    '}',
    '',
  ];
  await writeFile(join(folder, 'app.wit'), lines.join('\n'));
  return 'app';
}

async function copyPackage(from: string, to: string, wanted: (file: string) => boolean): Promise<void> {
  await mkdir(to, { recursive: true });
  const files = (await readdir(from)).filter((file) => file.endsWith('.wit') && wanted(file));
  await Promise.all(files.map((file) => copyFile(join(from, file), join(to, file))));
}
