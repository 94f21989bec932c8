import { checkGroup, checkPatterns } from '../../capabilities/messaging/validate.ts';
import type { Slightfile, Subscription, Triggers } from '../../slightfile/model.ts';
import { describeComplaint } from '../../slightfile/complaint.ts';
import { StartError } from '../log/start-error.ts';

/** The tables that name a line of another one, with the key that does. */
const references = [
  { list: 'schedule', key: 'leader', table: 'locks' },
  { list: 'watch', key: 'store', table: 'keyvalue' },
  { list: 'subscription', key: 'messaging', table: 'messaging' },
] as const;

/**
 * Whether what triggers name is there.
 * @throws {StartError} with all that is not, each with its place
 */
export function checkReferences(file: Slightfile): void {
  const tables = file as unknown as {
    readonly [table: string]: { readonly [name: string]: unknown } | undefined;
  };
  const problems = references.flatMap(({ list, key, table }) =>
    (file[list] as readonly (Triggers[typeof list][number] & { readonly [key: string]: unknown })[]).flatMap(
      ({ [key]: named, position }) => {
        if (named === undefined || tables[table]?.[named as string] !== undefined) return [];
        return [
          describeComplaint(
            file,
            position,
            `[[${list}]] names ${key} = ${JSON.stringify(named)}, and [${table}] has no such line\n` +
              `  fix: add ${String(named)} = "sqlite", or where else it lives, below [${table}]`,
          ),
        ];
      },
    ),
  );
  problems.push(...file.subscription.flatMap((subscription) => checkTopics(subscription, file)));
  if (problems.length > 0) throw new StartError(problems.join('\n\n'));
}

/** A queue brings all that it has, to one group; whoever shares messages says which. */
function checkTopics({ messaging, topics, group, position }: Subscription, file: Slightfile): string[] {
  const bind = file.messaging?.[messaging];
  const isQueue = bind?.config.queue === true;
  if (bind === undefined) return [];
  const complain = (what: string): string => describeComplaint(file, position, what);
  if (isQueue === (topics.length === 0)) {
    return [
      ...checkWords(() => topics.length > 0 && checkPatterns(topics), '[[subscription]] topics'),
      ...checkWords(() => checkGroup(group), '[[subscription]] group'),
    ].map(complain);
  }
  return [
    complain(
      isQueue
        ? `${JSON.stringify(messaging)} is a queue, and [[subscription]] names topics of it\n` +
            '  fix: leave topics out: all that the queue has is brought'
        : '[[subscription]] has no topics\n' +
            '  fix: add topics = ["orders"], or ["orders.>"] for all below it',
    ),
  ];
}

function checkWords(check: () => unknown, what: string): string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [
      `${what}: ${(error as Error).message}\n  fix: write topics = ["orders.>"], group = "mailer" or the like`,
    ];
  }
}
