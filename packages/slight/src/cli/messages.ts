import { openMessagesOf } from '../host/messages.ts';
import type { DeadLetter, Messaging } from '../host/messages.ts';
import { readSlightfile } from '../slightfile/read.ts';
import { printDuration } from '../slightfile/units.ts';
import { openSecrets } from '../secrets/store.ts';
import { usualFile } from './run-file.ts';
import { CommandError, UsageError } from './usage.ts';

export interface MessagesOptions {
  readonly config?: string;
  readonly target?: string;
  /** All dead letters of the group. */
  readonly all?: boolean;
  readonly json?: boolean;
}

export type MessagesVerb = 'count' | 'peek' | 'redrive' | 'purge';

/** Characters of a body that are shown to people. */
const mostShown = 120;
/** Ids of one call. */
const mostAtOnce = 1_000;

/**
 * `slight messages`. Looks at the messages of an app, which may be running, and at what its groups gave up. What there is
 * goes to stdout, what was done to stderr. Gives the exit code.
 * @throws {UsageError}
 * @throws {StartError}
 */
export async function messages(
  verb: MessagesVerb,
  [name, group, ...ids]: readonly [name: string, group: string | undefined, ...ids: string[]],
  { config = usualFile, target, all = false, json = false }: MessagesOptions,
): Promise<number> {
  if (verb !== 'count' && group === undefined) throw wrongUse(`whose dead letters?`, `${verb} ${name} GROUP`);
  const changes = verb === 'redrive' || verb === 'purge';
  if (changes && all && ids.length > 0)
    throw wrongUse(
      '--all is every dead letter, and ids are named too',
      `${verb} ${name} ${group} --all, or with the ids and without --all`,
    );
  if (changes && !all && ids.length === 0)
    throw wrongUse('which dead letters?', `${verb} ${name} ${group} ID …, or --all in place of ids`);
  if (!changes && (all || ids.length > 0))
    throw wrongUse('ids and --all are for redrive and purge', [verb, name, group ?? ''].join(' ').trim());
  const file = await readSlightfile(config, { target, env: process.env, secrets: openSecrets });
  const { messages: opened, lease } = await openMessagesOf(file, name);
  try {
    if (group !== undefined) await checkGroup(opened, name, group);
    if (verb === 'count') await count(opened, group, lease, json);
    else if (verb === 'peek') await peek(opened, group!, json);
    else {
      const unknown = all ? [] : await findUnknown(opened, group!, ids);
      await change(
        opened,
        verb,
        group!,
        all ? undefined : [...new Set(ids)].filter((id) => !unknown.includes(id)),
      );
      if (unknown.length > 0) throw describeUnknown(name, group!, unknown);
    }
    return 0;
  } finally {
    await opened.close();
  }
}

async function count(
  opened: Messaging,
  group: string | undefined,
  lease: number,
  json: boolean,
): Promise<void> {
  let until: string | undefined;
  const names = group === undefined ? (await opened.groups()).map(({ name }) => name) : [group];
  if (names.length === 0 && !json)
    process.stderr.write('there are no groups yet: the subscriptions of the app make them\n');
  for (const each of names) {
    const { waiting, leased, dead } = await opened.count(each);
    // Whoever lives extends its leases, so this is when they end that belong to nobody any more.
    const leasedUntil = leased > 0 ? new Date(Date.now() + lease).toISOString() : undefined;
    until = leasedUntil ?? until;
    print(
      json
        ? JSON.stringify({ group: each, waiting, leased, leasedUntil, dead })
        : `${each}: ${waiting} waiting, ${leased} at work, ${dead} dead`,
    );
  }
  if (until !== undefined && !json)
    process.stderr.write(
      'hint: at work is what a host was given; of one that has died it is given to another ' +
        `at ${until} at the latest (lease = "${printDuration(lease)}")\n`,
    );
}

async function peek(opened: Messaging, group: string, json: boolean): Promise<void> {
  let cursor: string | undefined;
  let found = false;
  do {
    const page = await opened.deadLetters(group, cursor === undefined ? {} : { cursor });
    for (const letter of page.letters) print(json ? JSON.stringify(toJson(letter)) : describe(letter));
    found ||= page.letters.length > 0;
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (!found && !json) process.stderr.write(`the group ${group} has no dead letters\n`);
}

/** @throws {CommandError} where there is no such group */
async function checkGroup(opened: Messaging, name: string, group: string): Promise<void> {
  const groups = await opened.groups();
  if (groups.some((each) => each.name === group)) return;
  const names = groups.map((each) => each.name).join(', ');
  throw new CommandError(
    `${name} has no group ${group}\n` +
      `  fix: ${names === '' ? 'run the app: its subscriptions make the groups' : `name one that it has: ${names}`}`,
  );
}

/** Which of these are not among the dead letters. */
async function findUnknown(opened: Messaging, group: string, ids: readonly string[]): Promise<string[]> {
  const missing = new Set(ids);
  let cursor: string | undefined;
  do {
    const page = await opened.deadLetters(group, cursor === undefined ? {} : { cursor });
    for (const { id } of page.letters) missing.delete(id);
    cursor = page.cursor;
  } while (cursor !== undefined && missing.size > 0);
  return [...missing];
}

function describeUnknown(name: string, group: string, ids: readonly string[]): CommandError {
  const shown = ids.map((id) => JSON.stringify(id)).join(', ');
  return new CommandError(
    `${name}: the group ${group} has no dead ${ids.length === 1 ? 'letter' : 'letters'} ${shown}\n` +
      `  fix: slight messages peek ${name} ${group} shows those that it has`,
  );
}

async function change(
  opened: Messaging,
  verb: 'redrive' | 'purge',
  group: string,
  ids: readonly string[] | undefined,
): Promise<void> {
  if (ids?.length === 0) return;
  let done = 0;
  if (ids === undefined) done = await opened[verb](group);
  else
    for (let from = 0; from < ids.length; from += mostAtOnce)
      done += await opened[verb](group, ids.slice(from, from + mostAtOnce));
  const what = `${done} ${done === 1 ? 'message' : 'messages'}`;
  process.stderr.write(verb === 'redrive' ? `${what} sent again to ${group}\n` : `${what} thrown away\n`);
}

/** What comes from an app is quoted: a terminal obeys what it prints. */
function describe({ id, topic, at, reason, body }: DeadLetter): string {
  const text = Buffer.from(body).toString();
  const shown = JSON.stringify(text.length > mostShown ? `${text.slice(0, mostShown)}…` : text);
  return `${JSON.stringify(id)} ${topic} ${new Date(at).toISOString()} ${JSON.stringify(reason)} ${shown}`;
}

function toJson({ body, at, ...letter }: DeadLetter): object {
  return { ...letter, at: new Date(at).toISOString(), body: Buffer.from(body).toString('base64') };
}

function wrongUse(what: string, how: string): UsageError {
  return new UsageError(`${what}\n  fix: slight messages ${how}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
