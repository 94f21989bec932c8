import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { RedisClient } from '../../../clients/redis.ts';
import type { KeyPage, KeysOptions } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import { matchPrefix } from './redis-keys.ts';

/** Steps of `SCAN` for one page, at most: in a large database other stores' keys may fill many. */
const mostSteps = 20;

/** Where a listing is: how the cluster looked when it began, which of its nodes comes next, and how far that one is. */
interface Position {
  readonly view: string;
  readonly node: number;
  readonly at: string;
}

/**
 * `SCAN` gives each key that is there throughout at least once, in no order; its position is the cursor. In a cluster the nodes
 * come one after the other. Where a slot has moved meanwhile, a key may have gone to a node that is done: then the listing begins anew,
 * and gives again what it gave before.
 */
export async function listKeys(
  client: RedisClient,
  storePart: string,
  options: KeysOptions,
): Promise<KeyPage> {
  const { prefix = '', cursor, limit = 1_000 } = options;
  const given = cursor === undefined ? undefined : readCursor(cursor);
  const match = matchPrefix(storePart + prefix);
  const found = new Set<string>();
  const { view: name, nodes } = await client.nodes();
  const view = nameView(name);
  let { node, at } = given?.view === view && given.node < nodes.length ? given : { node: 0, at: '0' };
  for (let step = 0; step < mostSteps && found.size < limit; step++) {
    const answer = await nodes[node]!.send('SCAN', [at, 'MATCH', match, 'COUNT', String(limit)]);
    const [next, keys] = answer as [Buffer, Buffer[]];
    // A key that is no UTF-8 was written by another program, and no guest could ask for it.
    for (const key of keys) if (isUtf8(key)) found.add(key.toString().slice(storePart.length));
    at = next.toString();
    if (at !== '0' || ++node < nodes.length) continue;
    if (nameView((await client.nodes()).view) === view) return { keys: [...found] };
    node = 0;
  }
  return { keys: [...found], cursor: writeCursor({ view, node, at }) };
}

/** One server has no view: its cursor is its position. */
function writeCursor({ view, node, at }: Position): string {
  return view === '' ? at : `${view}.${node}.${at}`;
}

function readCursor(cursor: string): Position {
  const [, view = '', node = '0', at] = /^(?:([0-9a-f]{8})\.(\d{1,5})\.)?(\d{1,20})$/.exec(cursor) ?? [];
  if (at === undefined || BigInt(at) >= 2n ** 64n) throw brokenCursor();
  return { view, node: Number(node), at };
}

function nameView(view: string): string {
  return view === '' ? '' : createHash('sha1').update(view).digest('hex').slice(0, 8);
}
