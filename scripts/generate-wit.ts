/** Writes what is derived from the WIT files: the SDK's types. `--check` only says whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadWit, systemWitPath, witPath, writeTypes } from '@spiderlightning/wit';

const packages = [loadWit(witPath), loadWit(join(systemWitPath, 'random'))];
const target = join(import.meta.dirname, '..', 'packages', 'guest', 'wit.d.ts');
const text = writeTypes(packages);

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is older than the WIT files: run \`npx node scripts/generate-wit.ts\``);
    process.exitCode = 1;
  }
} else writeFileSync(target, text);
