import type { ConfigField } from '../capabilities/core/backend.ts';
import type { CapabilityName } from '../capabilities/core/capability.ts';
import { listBackends } from '../capabilities/core/open.ts';
import { capabilities } from '../capabilities/core/registry.ts';

/** A backend of a capability as plain data, for programs and for documentation. */
export interface BackendRow {
  /** `keyvalue.redis`: no other has it. */
  readonly resource: string;
  /** What a bind begins with: `redis`. */
  readonly scheme: string;
  /** The table of the slightfile: `keyvalue`. */
  readonly capability: CapabilityName;
  /** What it can beyond the core of the capability, sorted. */
  readonly features: readonly string[];
  /** The settings beside a bind, by name: those of the capability and those of the backend. */
  readonly config: { readonly [key: string]: ConfigField };
}

/** Every backend of every capability, in the order of their names. Nothing is opened, and no client library loaded. */
export async function describeBackends(): Promise<BackendRow[]> {
  const names = (Object.keys(capabilities) as CapabilityName[]).toSorted();
  const rows = await Promise.all(
    names.map(async (capability) => {
      const { settings } = capabilities[capability] as { settings?: BackendRow['config'] };
      const backends: readonly {
        scheme: string;
        features: ReadonlySet<string>;
        config: BackendRow['config'];
      }[] = await listBackends(capability);
      return backends.map(({ scheme, features, config }): BackendRow => ({
        resource: `${capability}.${scheme}`,
        scheme,
        capability,
        features: [...features].toSorted(),
        config: { ...settings, ...config },
      }));
    }),
  );
  return rows.flat().toSorted((a, b) => (a.resource < b.resource ? -1 : 1));
}
