import { readExportNames, readImportNames } from '@spiderlightning/component/exports';
import {
  commandHandler,
  handleRequest,
  handleText,
  httpHandler,
  httpHandlers,
  httpTextHandler,
  messageHandler,
  scheduleHandler,
  served,
  watchHandler,
} from '../dialects/spiderlightning/index.ts';
import type { GrantName, Handle } from '../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { isCompatible } from './import-name.ts';
import { describeComplaint } from '../slightfile/complaint.ts';
import { StartError } from './log/start-error.ts';

/** What a component is for, by what it exports. */
export interface Roles {
  readonly http: boolean;
  readonly schedule: boolean;
  readonly watch: boolean;
  readonly subscription: boolean;
  readonly command: boolean;
}

type Listed = 'schedule' | 'watch' | 'subscription';

/** What an app exports for a table of the slightfile, how the SDK says it, and the lines that such a table needs. */
const listed: { readonly [Name in Listed]: { interface: string; sdk: string; lines: readonly string[] } } = {
  schedule: {
    interface: scheduleHandler,
    sdk: 'onSchedule',
    lines: ['[[schedule]]', 'name = "nightly"', 'cron = "0 2 * * *"'],
  },
  watch: {
    interface: watchHandler,
    sdk: 'onChange',
    lines: ['[[watch]]', 'name = "prices"', 'store = "shop"'],
  },
  subscription: {
    interface: messageHandler,
    sdk: 'onMessage',
    lines: ['[[subscription]]', 'name = "mails"', 'messaging = "events"', 'topics = ["orders"]'],
  },
};
const listNames = Object.keys(listed) as Listed[];

/** @param exports - names of what a component exports */
export function findRoles(exports: readonly string[]): Roles {
  const has = (name: string) => exports.some((each) => isCompatible(name, each));
  return {
    http: httpHandlers.some(has),
    schedule: has(scheduleHandler),
    watch: has(watchHandler),
    subscription: has(messageHandler),
    command: has(commandHandler),
  };
}

/** How an app that exports these is handed its requests: as text, where it takes them so. */
export function findHandle(exports: readonly string[]): Handle {
  return exports.some((each) => isCompatible(httpTextHandler, each)) ? handleText : handleRequest;
}

/** The same of a component's bytes. Whoever runs one that cannot be read says what is wrong with it. */
export function readRoles(component: Uint8Array): Roles {
  try {
    return findRoles(readExportNames(component));
  } catch {
    return findRoles([]);
  }
}

/** What a component's bytes import that has to be granted. */
export function readUsed(component: Uint8Array): GrantName[] {
  let imports: readonly string[];
  try {
    imports = readImportNames(component);
  } catch {
    return [];
  }
  return served.flatMap(({ name, grant }) =>
    grant !== undefined && imports.some((each) => isCompatible(name, each)) ? [grant] : [],
  );
}

/** Whether an app is a program and nothing else. */
export function isProgram({ command, http, ...lists }: Roles): boolean {
  return command && !http && listNames.every((name) => !lists[name]);
}

/**
 * Compares what a component exports with what its slightfile has for it to do.
 * @returns hints: handlers that nothing calls
 * @throws {StartError} where the slightfile names what the component does not export, or where there is nothing to do
 */
export function checkExports(exports: readonly string[], file: Slightfile, command = false): string[] {
  const roles = findRoles(exports);
  if (command) {
    if (roles.command) return [];
    throw new StartError(
      `${file.app.component} is no command: it does not export ${commandHandler}\n` +
        `  it exports: ${exports.join(', ') || 'nothing'}\n` +
        '  fix: export `command` (export async function command(args) { … }), or run it without --',
    );
  }
  const missing = listNames.filter((name) => file[name].length > 0 && !roles[name]);
  if (missing.length > 0) {
    throw new StartError(missing.map((name) => describeMissing(name, file)).join('\n\n'));
  }
  const idle = listNames.filter((name) => roles[name] && file[name].length === 0);
  if (roles.http || listNames.some((name) => file[name].length > 0)) {
    return idle.map(
      (name) =>
        `the app exports ${listed[name].interface}, and nothing calls it: add [[${name}]] to the slightfile`,
    );
  }
  if (idle.length > 0) {
    throw new StartError(idle.map((name) => describeIdle(name, file)).join('\n\n'));
  }
  throw new StartError(
    `${file.app.component} is no app that slight can run: it exports no handler\n` +
      `  it exports: ${exports.join(', ') || 'nothing'}\n` +
      `  fix: build it for the world spiderlightning:cloud/http-service (which exports ${httpHandler}), worker or command`,
  );
}

function describeMissing(name: Listed, file: Slightfile): string {
  const { interface: wanted, sdk } = listed[name];
  return describeComplaint(
    file,
    file[name][0]!.position,
    `[[${name}]] needs an app that exports ${wanted}, and this one does not\n` +
      `  fix: export \`${sdk}\` (export async function ${sdk}(event) { … }) and build the app again, or remove the table`,
  );
}

function describeIdle(name: Listed, { path }: Slightfile): string {
  const { interface: exported, lines } = listed[name];
  const [why, fix] =
    path === undefined
      ? [
          'there is no slightfile',
          'write a slightfile.toml with [app] component, and add lines such as these to it',
        ]
      : [`${path} has no [[${name}]]`, `add lines such as these to ${path}`];
  return (
    `the app exports ${exported}, and nothing would ever call it: ${why}\n` +
    `  fix: ${fix}\n\n${lines.map((each) => `    ${each}`).join('\n')}`
  );
}
