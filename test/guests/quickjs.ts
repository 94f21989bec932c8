/** Builds guests of plain JavaScript with QuickJS, for tests of what is below the SDK. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';

const cache = join(import.meta.dirname, '../../node_modules/.cache/quickjs-guests');
const { version } = createRequire(import.meta.url)('componentize-qjs/package.json') as { version: string };

/**
 * Makes a component of JavaScript (about a second; kept under `node_modules/.cache` by its content).
 *
 * @param wit text of a package with one world
 * @param source an ES module that exports what the world does
 */
export async function buildQuickjsGuest(wit: string, source: string): Promise<Uint8Array> {
  const key = createHash('sha256').update([version, wit, source].join('\0')).digest('hex');
  const file = join(cache, `${key}.wasm`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept !== undefined) return kept;
  const folder = await mkdtemp(join(tmpdir(), 'quickjs-guest-'));
  try {
    await writeFile(join(folder, 'world.wit'), wit);
    const { component } = await componentize({ witPath: folder, jsSource: source });
    await mkdir(cache, { recursive: true });
    // Other tests may build the same guest: nobody is to find half of it.
    const half = `${file}.${process.pid}`;
    await writeFile(half, component);
    await rename(half, file);
    return component;
  } finally {
    await rm(folder, { recursive: true });
  }
}
