import { dirname } from 'node:path';
import type { CapabilityName } from '../capabilities/core/capability.ts';
import { findBackend, type BindText } from '../capabilities/core/open.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import type { GrantName } from '../dialects/spiderlightning/index.ts';
import { listBinds } from '../slightfile/model.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { dataFolder } from './bind.ts';
import { cacheFolder } from './module-cache.ts';

/**
 * The flags of Node's permission model for a worker: it starts no programs, loads no native addons, and writes to the
 * app's data and the caches alone. Reading stays free, since client libraries read what they need (certificates,
 * profiles), and so does the network. `node:sqlite` is outside the model: where the databases lie is said by the host,
 * never by a guest. An app with a backend that the model would keep from writing durably does without it, and loads no
 * addons all the same.
 * @param used what the app imports, which is embedded where there is no slightfile
 * @throws {CapabilityError} `invalid-argument`: a bind that no backend takes
 */
export async function findPermissions(file: Slightfile, used: readonly GrantName[]): Promise<string[]> {
  const binds = file.path === undefined ? used.flatMap(embed) : listBinds(file);
  const backends = await Promise.all(binds.map((bind) => findBackend(bind.table, bind)));
  if (backends.some(({ flushesFiles }) => flushesFiles)) return ['--no-addons'];
  const caches = [dirname(cacheFolder()), process.env.NODE_COMPILE_CACHE ?? []].flat();
  const folders = [...new Set([dataFolder(file), ...caches])];
  return [
    '--permission',
    '--allow-worker',
    '--allow-net',
    '--allow-fs-read=*',
    // Folders that do not exist yet are named with what will be in them.
    ...folders.flatMap((folder) => [`--allow-fs-write=${folder}`, `--allow-fs-write=${folder}/*`]),
    // Each start would warn that the flag for the network is new, and that threads share what the process may do.
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=PERM0006',
  ];
}

function embed(table: GrantName): (BindText & { readonly table: CapabilityName })[] {
  const bind = table === 'outgoing' ? undefined : capabilities[table].embedded;
  return table === 'outgoing' || bind === undefined ? [] : [{ table, name: 'any', bind, config: {} }];
}
