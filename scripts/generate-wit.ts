/** Writes what is derived from the WIT files: the types of the SDK, and the reference in docs/. A test compares them. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadWit, systemWitPath, witPath, writeReference, writeTypes } from '@spiderlightning/wit';

const root = join(import.meta.dirname, '..');

/** The derived files: path and text. */
export function deriveFromWit(): readonly (readonly [path: string, text: string])[] {
  const cloud = loadWit(witPath);
  const system = readdirSync(systemWitPath)
    .toSorted()
    .map((name) => loadWit(join(systemWitPath, name)));
  return [
    [join(root, 'packages', 'guest', 'wit.d.ts'), writeTypes([cloud, ...system])],
    [join(root, 'docs', 'interfaces.md'), writeReference(cloud)],
  ];
}

if (import.meta.main) for (const [path, text] of deriveFromWit()) writeFileSync(path, text);
