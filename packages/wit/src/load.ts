import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { WitPackage } from './model.ts';
import { parseWit } from './parse.ts';

/** Reads all WIT files of a folder, which are one package, in the order of their names. */
export function loadWit(folder: string): WitPackage {
  const parts = readdirSync(folder)
    .filter((file) => file.endsWith('.wit'))
    .toSorted()
    .map((file) => parseWit(readFileSync(join(folder, file), 'utf8'), join(folder, file)));
  const [first] = parts;
  if (first === undefined) throw new Error(`there is no WIT file in ${folder}`);
  return {
    ...first,
    interfaces: parts.flatMap((part) => part.interfaces),
    worlds: parts.flatMap((part) => part.worlds),
  };
}
