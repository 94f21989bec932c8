import type { CapabilityName } from '../capabilities/core/capability.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import { listBinds } from '../slightfile/model.ts';
import type { Slightfile } from '../slightfile/model.ts';

/**
 * Whether a line of the slightfile is of no use: its app does not import the capability, nothing else of the slightfile
 * goes by the line, and nothing is kept in it.
 */
export function isUnused(
  { table, name }: { readonly table: CapabilityName; readonly name: string },
  file: Slightfile,
  used: ReadonlySet<string>,
): boolean {
  const named: { readonly [Table in CapabilityName]?: readonly (string | undefined)[] } = {
    locks: file.schedule.map(({ leader }) => leader),
    keyvalue: file.watch.map(({ store }) => store),
    messaging: [...file.subscription.map(({ messaging }) => messaging), file.http.channels],
  };
  return (
    !used.has(table) &&
    !(named[table]?.includes(name) ?? false) &&
    !listBinds(file).some(({ bind, config }) => bind === table && Object.values(config).includes(name))
  );
}

/** Said at the start of such lines, which a name that was mistaken may have left. */
export function describeUnused(table: CapabilityName, name: string): string {
  return `[${table}] ${name} is granted, but the app imports no ${capabilities[table].noun}`;
}
