import type { Component } from '@spiderlightning/component';
import type { CapabilityName } from '../capabilities/core/capability.ts';
import { capabilities } from '../capabilities/core/registry.ts';
import { served } from '../dialects/spiderlightning/index.ts';
import type { GrantName } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { isCompatible } from './import-name.ts';
import { StartError } from './log/start-error.ts';

/**
 * What a component imports that needs a grant, all of it granted.
 * @param system - names of the interfaces that need no grant (WASI)
 * @throws {StartError} for imports that nobody granted, with the lines to add, or that no host of ours serves
 */
export function checkGrants(
  component: Pick<Component, 'imports'>,
  file: Slightfile,
  system: readonly string[],
): ReadonlySet<GrantName> {
  const used = new Map<GrantName, string>();
  const unknown: string[] = [];
  for (const { kind, name } of component.imports) {
    if (kind === 'type' || system.some((each) => isCompatible(each, name))) continue;
    const match = served.find((each) => isCompatible(each.name, name));
    if (match === undefined) unknown.push(name);
    else if (match.grant !== undefined) used.set(match.grant, name);
  }
  const refused = [...used].filter(([grant]) => !isGranted(grant, file));
  const problems = [
    ...refused.map(([grant, name]) => describeRefusal(grant, name, file)),
    ...(unknown.length > 0 ? [describeUnknown(unknown, system)] : []),
  ];
  if (problems.length > 0) throw new StartError(problems.join('\n\n'));
  return new Set(used.keys());
}

/** The lines that grant one more name, as they are written into the slightfile. */
export function grantLines(capability: CapabilityName, name: string, tableExists: boolean): string[] {
  const key = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
  const { embedded, example } = capabilities[capability];
  const line = `${key} = ${embedded === undefined ? example : JSON.stringify(embedded)}`;
  return tableExists ? [line] : [`[${capability}]`, line];
}

/** Without a slightfile storage is embedded, and nothing else is there. */
function isGranted(grant: GrantName, file: Slightfile): boolean {
  if (file.path === undefined) return grant !== 'outgoing' && capabilities[grant].embedded !== undefined;
  return file[grant] !== undefined;
}

function describeRefusal(grant: GrantName, name: string, file: Slightfile): string {
  const [lines, what] =
    grant === 'outgoing'
      ? [
          ['[outgoing]', 'hosts = ["https://api.example.com"]'],
          'the servers that the app asks in place of that one',
        ]
      : [grantLines(grant, 'default', false), 'the name that the app opens in place of "default"'];
  const [why, fix] =
    file.path === undefined
      ? ['there is no slightfile', 'write a slightfile.toml with [app] component, and add these lines to it']
      : [`${file.path} has no [${grant}]`, `add these lines to ${file.path}`];
  return (
    `the app imports ${name}, and nobody granted it that: ${why}\n` +
    `  fix: ${fix}, with ${what}\n\n` +
    lines.map((line) => `    ${line}`).join('\n')
  );
}

function describeUnknown(names: readonly string[], system: readonly string[]): string {
  const all = [...served.map(({ name }) => name), ...system];
  return (
    `the app imports what this host does not serve: ${names.join(', ')}\n` +
    `  it serves: ${all.join(', ')}\n` +
    '  fix: build the app against these interfaces, or run it with a slight that has the others'
  );
}
