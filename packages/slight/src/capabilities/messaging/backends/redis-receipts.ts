import { randomBytes } from 'node:crypto';
import type { Delivery, ReceiveOptions } from '../contract.ts';
import { expiredReceipts, noGroup } from '../validate.ts';
import { takeWithin } from '../wait.ts';
import type { Bells } from './redis-bells.ts';
import type { RedisGroups } from './redis-groups.ts';
import { unpackMessage } from './redis-message.ts';
import { receiveScript, type GroupScript } from './redis-scripts.ts';

/** Milliseconds after which who waits looks without having been told: a bell may be lost. */
const lookEvery = 900;

interface Receipt {
  readonly group: string;
  readonly lease: string;
  readonly member: string;
}

/** Undefined where it is none of ours. */
function readReceipt(receipt: string): Receipt | undefined {
  const match = /^([\w-]{1,64})\.([0-9a-f]+)\.(\d{14}(?:\..+)?)$/.exec(receipt);
  return match === null ? undefined : { group: match[1]!, lease: match[2]!, member: match[3]! };
}

/** What is due in a group now, and how long it is until more is: 0 where there is, undefined where nothing comes by itself. */
async function takeDue(
  groups: RedisGroups,
  group: string,
  max: number,
  lease: number,
): Promise<{ readonly deliveries: readonly Delivery[]; readonly next: number | undefined }> {
  const name = randomBytes(8).toString('hex');
  const answer = await groups.run(receiveScript, group, [group, String(max), String(lease), name]);
  if (answer === null) throw noGroup(group);
  const [next, ...rest] = answer as [number, ...unknown[]];
  const deliveries: Delivery[] = [];
  for (let i = 0; i < rest.length; i += 3) {
    const [member, attempt, packed] = rest.slice(i, i + 3) as [Buffer, number, Buffer];
    const { message, wantsReply } = unpackMessage(packed);
    const receipt = `${group}.${name}.${member.toString()}`;
    deliveries.push({ ...message, group, attempt, receipt, lease, wantsReply });
  }
  return { deliveries, next: next < 0 ? undefined : next };
}

/** @param over whether it is closed */
export function receiveFrom(
  groups: RedisGroups,
  bells: Bells,
  group: string,
  { max = 1, wait = 0, signal, lease, over }: ReceiveOptions & { lease: number; over: () => boolean },
) {
  let next: number | undefined;
  const waiter = { wake: () => undefined as void, woken: false };
  return takeWithin<Delivery>(
    wait,
    {
      async take() {
        if (over()) return [];
        waiter.woken = false;
        const taken = await takeDue(groups, group, max, lease);
        next = taken.next;
        return taken.deliveries;
      },
      listen(wake) {
        waiter.wake = wake;
        bells.add(group, waiter);
        return () => bells.remove(group, waiter, next === 0);
      },
      due: () => Math.min(lookEvery, next ?? lookEvery),
      over,
    },
    signal,
  );
}

/**
 * Runs a script that answers which of the receipts have expired: once for all of a group.
 * @returns those which have, and what is no receipt
 */
export async function settleAll(
  groups: RedisGroups,
  receipts: readonly string[],
  script: GroupScript,
  args: (group: string) => readonly string[],
): Promise<string[]> {
  const expired: string[] = [];
  const byGroup = new Map<string, [receipt: string, read: Receipt][]>();
  for (const receipt of receipts) {
    const read = readReceipt(receipt);
    if (read === undefined) expired.push(receipt);
    else if (byGroup.has(read.group)) byGroup.get(read.group)!.push([receipt, read]);
    else byGroup.set(read.group, [[receipt, read]]);
  }
  await Promise.all(
    Array.from(byGroup, async ([group, own]) => {
      const pairs = own.flatMap(([, { member, lease }]) => [member, lease]);
      const answer = (await groups.run(script, group, [...args(group), ...pairs])) as number[];
      for (const index of answer) expired.push(own[index]![0]);
    }),
  );
  return expired;
}

/**
 * Runs a script for one receipt. ARGV: bell, member, lease, then the rest.
 * @returns its answer, which is 0 where the receipt has expired
 * @throws {CapabilityError} `precondition-failed` where it has
 */
export async function settleOne(
  groups: RedisGroups,
  bells: Bells,
  receipt: string,
  script: GroupScript,
  rest: readonly (string | Buffer)[],
): Promise<unknown> {
  const read = readReceipt(receipt);
  if (read === undefined) throw expiredReceipts([receipt]);
  const { group, member, lease } = read;
  const answer = await groups.run(script, group, [bells.channel(group), member, lease, ...rest]);
  if (answer === 0) throw expiredReceipts([receipt]);
  return answer;
}
