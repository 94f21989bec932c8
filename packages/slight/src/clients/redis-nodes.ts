import { CapabilityError } from '../capabilities/core/error.ts';
import type { RedisCluster } from './redis-cluster.ts';
import { slotCount } from './redis-slot.ts';
import { orderNodes, readNodes, type Listed } from './redis-view.ts';

type Answer = ReturnType<typeof readNodes>;

/**
 * The nodes that have keys, in an order in which a key that is on its way comes from one to a later one, each as it tells of itself: what
 * one said of all of them may be older. So a slot that none says is its own is looked for at who has it by what others
 * have heard; and a node to which slots are on their way may have keys, though none of the slots is its own yet.
 * @throws {CapabilityError} `unavailable`
 * @throws {Error} of the library
 */
export async function findNodes(cluster: RedisCluster): Promise<Listed[]> {
  await cluster.look();
  const answers: Answer[] = [];
  const asked = new Set<string>();
  for (
    let next: readonly string[] = cluster.view().masters;
    next.length > 0;
    next = findOthers(answers, asked)
  ) {
    for (const address of next) asked.add(address);
    answers.push(...(await Promise.all(next.map(askOne))));
  }

  async function askOne(address: string): Promise<Answer> {
    const answer = await cluster.askNode(address, 'CLUSTER', ['NODES']);
    return readNodes(String(answer), address, await cluster.identify(address));
  }

  const missing = findMissing(answers).size;
  if (missing > 0)
    throw new CapabilityError('unavailable', `no server of the cluster has ${missing} of the slots`);
  const targets = new Set(answers.flatMap(({ own }) => own.leaving.map(([, to]) => to)));
  const nodes = new Map(answers.map(({ own }) => [own.id, own] as const)).values();
  return orderNodes(
    [...nodes].filter(({ id, ranges, arriving }) => ranges.length > 0 || arriving || targets.has(id)),
  );
}

/** The addresses of those that may have keys, and were not asked. */
function findOthers(answers: readonly Answer[], asked: ReadonlySet<string>): string[] {
  const targets = new Set(answers.flatMap(({ own }) => own.leaving.map(([, to]) => to)));
  for (const { own } of answers) targets.delete(own.id);
  const missing = findMissing(answers);
  if (targets.size === 0 && missing.size === 0) return [];
  const others = answers.flatMap(({ others }) => others());
  const wanted = others.filter(
    ({ id, there, ranges }) => there && (targets.has(id) || ranges.some((range) => meets(missing, range))),
  );
  return [...new Set(wanted.map(({ address }) => address))].filter((address) => !asked.has(address));
}

/** Slots that none of them says are its own. */
function findMissing(answers: readonly Answer[]): Set<number> {
  const has = new Uint8Array(slotCount);
  for (const { own } of answers) for (const [from, to] of own.ranges) has.fill(1, from, to + 1);
  const missing = new Set<number>();
  for (let slot = has.indexOf(0); slot !== -1; slot = has.indexOf(0, slot + 1)) missing.add(slot);
  return missing;
}

function meets(slots: ReadonlySet<number>, [from, to]: readonly [number, number]): boolean {
  for (let slot = from; slot <= to; slot++) if (slots.has(slot)) return true;
  return false;
}
