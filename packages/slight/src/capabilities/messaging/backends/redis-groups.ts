import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../../clients/redis.ts';
import type { Group } from '../contract.ts';
import { matchesAny } from '../topics.ts';
import {
  groupsScript,
  publishScript,
  rubbishParts,
  reorderScript,
  subscribeScript,
  sweepScript,
  unsubscribeScript,
  type GroupScript,
  type Part,
} from './redis-scripts.ts';

/** The groups of one name, and how messages come to them. */
export interface RedisGroups {
  run(script: GroupScript, group: string, args: readonly (string | Buffer)[]): Promise<unknown>;
  list(): Promise<readonly Group[]>;
  subscribe(group: string, topics: readonly string[]): Promise<void>;
  unsubscribe(group: string): Promise<void>;
  /** Says to how many groups it went. */
  publish(message: Buffer, to: Publication): Promise<number>;
}

export interface Publication {
  readonly topic: string;
  readonly key?: string | undefined;
  /** Milliseconds. */
  readonly delay: number;
  /** Remembered, so that another one with it does nothing. */
  readonly once?: string | undefined;
}

/** What was last read. Scripts compare the version, so whoever knows the groups of before is told the new ones. */
interface Known {
  readonly version: string;
  readonly order: string | undefined;
  readonly groups: readonly Group[];
  readonly rubbish: readonly string[];
}

/**
 * @param tag what all keys of the name begin with
 * @param bell the channel of those who wait for a group
 * @param order as the slightfile has it: what lies there in another one is brought into it
 */
export async function openGroups(
  client: RedisClient,
  tag: string,
  bell: (group: string) => string,
  order: string,
): Promise<RedisGroups> {
  const meta = `${tag}:meta`;
  const bodies = `${tag}:bodies`;
  const keyOf = (part: Part, group: string): string =>
    part === 'meta' ? meta : part === 'bodies' ? bodies : `${tag}:${part}:${group}`;
  let known = readKnown(await client.run(groupsScript, [meta], []));
  while (known.groups.length > 0 && known.order !== order) {
    const parts = ['due', 'leases', 'state', 'line'] as const;
    const keys = known.groups.flatMap(({ name }) => parts.map((part) => keyOf(part, name)));
    const answer = await client.run(reorderScript, [meta, ...keys], [known.version, order]);
    if (typeof answer === 'number') break;
    known = readKnown(answer);
  }

  function rubbishKeys(rubbish: string): string[] {
    return rubbishParts.map((part) => `${tag}:rubbish:${part}:${rubbish}`);
  }

  /** Whoever is ended meanwhile leaves it to those who open the name later. */
  async function sweep(rubbish: string): Promise<void> {
    const keys = [meta, bodies, ...rubbishKeys(rubbish)];
    while ((await client.run(sweepScript, keys, [rubbish])) === 1);
  }

  for (const each of known.rubbish) sweep(each).catch(() => undefined);

  function run(script: GroupScript, group: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    return client.run(
      script.script,
      script.parts.map((part) => keyOf(part, group)),
      args,
    );
  }

  return {
    run,
    async list() {
      known = readKnown(await client.run(groupsScript, [meta], []));
      return known.groups;
    },
    async subscribe(group, topics) {
      await run(subscribeScript, group, [group, JSON.stringify(topics), randomUUID(), order]);
    },
    async unsubscribe(group) {
      const rubbish = randomUUID();
      const keys = unsubscribeScript.parts.map((part) => keyOf(part, group));
      const args = [group, randomUUID(), bell(group), rubbish];
      const left = await client.run(unsubscribeScript.script, [...keys, ...rubbishKeys(rubbish)], args);
      if (left === 1) await sweep(rubbish);
    },
    async publish(message, { topic, key, delay, once }) {
      const rest = [
        message,
        key === undefined ? '' : encodeURIComponent(key),
        String(Math.ceil(delay)),
        once === undefined ? '' : '1',
      ];
      const first = [meta, bodies, ...(once === undefined ? [] : [`${tag}:id:${once}`])];
      for (;;) {
        const { version, groups } = known;
        const meant = groups.filter(({ topics }) => matchesAny(topics, topic)).map(({ name }) => name);
        const keys = meant.flatMap((group) => publishedTo.map((part) => keyOf(part, group)));
        const answer = await client.run(
          publishScript,
          [...first, ...keys],
          [version, ...rest, ...meant.map(bell)],
        );
        if (typeof answer === 'number') return answer;
        known = readKnown(answer);
      }
    },
  };
}

const publishedTo = ['due', 'line', 'state'] as const satisfies readonly Part[];

/** Fields that begin with a colon are no groups. */
function readKnown(answer: unknown): Known {
  const texts = (answer as Buffer[]).map(String);
  const fields = new Map<string, string>();
  for (let i = 0; i < texts.length; i += 2) fields.set(texts[i]!, texts[i + 1]!);
  return {
    version: fields.get(':version') ?? '',
    order: fields.get(':order'),
    groups: [...fields]
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, topics]) => ({ name, topics: JSON.parse(topics) as string[] })),
    rubbish: [...fields.keys()].flatMap((name) => /^:rubbish:(.*)$/.exec(name)?.[1] ?? []),
  };
}
