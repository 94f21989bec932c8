import type { CapabilityName } from '../../capabilities/core/capability.ts';
import { findBackend, type BindText } from '../../capabilities/core/open.ts';
import { capabilities } from '../../capabilities/core/registry.ts';
import type { GrantName } from '../../dialects/spiderlightning/index.ts';
import { listBinds } from '../../slightfile/model.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import { restrictWorker } from './restrictions.ts';

/**
 * What a worker may do, as flags of Node. An app with a backend that the permission model would keep from writing durably
 * does without it, and loads no addons all the same.
 * @param used what the app imports, which is embedded where there is no slightfile
 * @throws {CapabilityError} `invalid-argument`: a bind that no backend takes
 */
export async function findPermissions(file: Slightfile, used: readonly GrantName[]): Promise<string[]> {
  const binds = file.path === undefined ? used.flatMap(embed) : listBinds(file);
  const backends = await Promise.all(binds.map((bind) => findBackend(bind.table, bind)));
  if (backends.some(({ flushesFiles }) => flushesFiles)) return ['--no-addons'];
  return restrictWorker(file);
}

function embed(table: GrantName): (BindText & { readonly table: CapabilityName })[] {
  const bind = table === 'outgoing' ? undefined : capabilities[table].embedded;
  return table === 'outgoing' || bind === undefined ? [] : [{ table, name: 'any', bind, config: {} }];
}
