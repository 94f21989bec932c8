/** Builds guests of plain JavaScript with QuickJS, for tests of what is below the SDK. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { keepBuilt } from './kept.ts';

/**
 * Makes a component of JavaScript, which is kept (see `kept.ts`).
 *
 * @param wit text of a package with one world
 * @param source an ES module that exports what the world does
 */
export function buildQuickjsGuest(wit: string, source: string): Promise<Uint8Array> {
  return keepBuilt(['plain', wit, source], async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quickjs-guest-'));
    try {
      await writeFile(join(folder, 'world.wit'), wit);
      const { component } = await componentize({ witPath: folder, jsSource: source });
      return component;
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
