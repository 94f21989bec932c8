/**
 * Keeps guests that tests build in `.cache/guests` (which git ignores), from one file and run to the next: to make a component of
 * JavaScript takes one to two seconds of a core.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWitPath, witPath } from '@spiderlightning/wit';
import { bundle } from '../../packages/build/src/bundle.ts';
import { makeComponent } from '../../packages/build/src/componentize.ts';
import { openModuleCache } from '../../packages/slight/src/host/module-cache.ts';

const root = join(import.meta.dirname, '../..');
// It writes what is whole only, reads nothing that others could have put there, and drops what was not used for long.
const cache = openModuleCache(join(root, '.cache/guests'));
const { version } = createRequire(import.meta.url)('componentize-qjs/package.json') as { version: string };

/**
 * The component that was made of the same once, or else a new one.
 * @param inputs all that it depends on, but for the version of `componentize-qjs`, which is added here
 */
export async function keepBuilt(
  inputs: readonly string[],
  build: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const key = createHash('sha256')
    .update(JSON.stringify([version, ...inputs]))
    .digest('hex');
  const kept = await cache.get(key);
  if (kept !== undefined) return kept;
  const built = await build();
  await cache.set(key, built);
  return built;
}

/**
 * Builds an app of TypeScript as `buildComponent` does, without its types being checked, and gives its source map too.
 * Only what QuickJS makes of it is kept. The bundle is made every time, so a change to the app, the SDK or the bundler
 * shows in the key itself; besides it are what the last step reads: its own sources, all of the WIT, and what is
 * installed. So nothing stale can be found.
 */
export async function buildScript(entry: string): Promise<{ component: Uint8Array; map: string }> {
  // The map is written as if the component lay there.
  const out = join(tmpdir(), 'slight-guest', 'app.wasm');
  const bundled = await bundle(entry, out);
  const { code, imports, exports } = bundled;
  const inputs = ['script', code, ...imports, '', ...exports, '', ...lastStep()];
  return { component: await keepBuilt(inputs, () => makeComponent(bundled, out, 30_000)), map: bundled.map };
}

let found: readonly string[] | undefined;

/** What takes part in the last step of every build: each file's name and text. */
function lastStep(): readonly string[] {
  return (found ??= [
    join(root, 'packages/build/src/*.ts'),
    join(witPath, '**/*.wit'),
    join(systemWitPath, '**/*.wit'),
    join(root, 'package-lock.json'),
  ].flatMap((place) =>
    globSync(place)
      .toSorted()
      .flatMap((file) => [file, readFileSync(file, 'utf8')]),
  ));
}
