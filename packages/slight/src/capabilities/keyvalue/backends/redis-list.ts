import { createHash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { RedisClient } from '../../../clients/redis.ts';
import type { KeyPage, KeysOptions } from '../contract.ts';
import { brokenCursor } from '../validate.ts';
import { matchPrefix } from './redis-keys.ts';

/** Steps of `SCAN` for one page, at most: in a large database other stores' keys may fill many. */
const mostSteps = 20;

const beginning: Position = { at: '0', state: '', done: [] };

/** Where a listing is. States of nodes stand here as they are named. */
interface Position {
  /** How far it is with the node that has this state now. */
  readonly at: string;
  readonly state: string;
  /** Those that are done. */
  readonly done: readonly string[];
}

/**
 * `SCAN` gives each key that is there throughout at least once, in no order. In a cluster the nodes come one after the other. Where
 * another state of a node is found than the one that it had when its turn came, a key may have come to it behind the listing, from one that
 * was not done: then this node is listed again, and gives again what it gave before. It ends once all have the states with which they are done.
 */
export async function listKeys(
  client: RedisClient,
  storePart: string,
  options: KeysOptions,
): Promise<KeyPage> {
  const { prefix = '', cursor, limit = 1_000 } = options;
  let { at, state, done } = cursor === undefined ? beginning : readCursor(cursor);
  const match = matchPrefix(storePart + prefix);
  const found = new Set<string>();
  let nodes = await look();
  if (nodes.every(isDone)) return { keys: [] };
  for (let step = 0; step < mostSteps && found.size < limit; step++) {
    const left = nodes.filter((each) => !isDone(each));
    const node = left.find(({ name }) => name === state) ?? left[0]!;
    if (node.name !== state) [state, at] = [node.name, '0'];
    const answer = await node.send('SCAN', [at, 'MATCH', match, 'COUNT', String(limit)]);
    const [next, keys] = answer as [Buffer, Buffer[]];
    // A key that is no UTF-8 was written by another program, and no guest could ask for it.
    for (const key of keys) if (isUtf8(key)) found.add(key.toString().slice(storePart.length));
    at = next.toString();
    if (at !== '0') continue;
    done = [...done, state];
    if (!nodes.every(isDone)) continue;
    nodes = await look();
    if (nodes.every(isDone)) return { keys: [...found] };
  }
  return { keys: [...found], cursor: writeCursor({ at, state, done }) };

  async function look() {
    const parts = (await client.nodes()).map((part) => ({ send: part.send, name: nameState(part.state) }));
    // A state that comes back later is another one: keys may have come and gone meanwhile.
    done = done.filter((each) => parts.some(({ name }) => name === each));
    return parts;
  }

  function isDone({ name }: { readonly name: string }): boolean {
    return done.includes(name);
  }
}

/** Where one has no state its position is all. */
function writeCursor({ at, state, done }: Position): string {
  return state === '' ? at : `${at}.${state}${done.join('')}`;
}

function readCursor(cursor: string): Position {
  const [, at, names = ''] = /^(\d{1,20})(?:\.((?:[\w-]{6})+))?$/.exec(cursor) ?? [];
  if (at === undefined || BigInt(at) >= 2n ** 64n) throw brokenCursor();
  const [state = '', ...done] = names.match(/.{6}/g) ?? [];
  return { at, state, done };
}

/** Short, as a cursor has one for each node. */
function nameState(state: string): string {
  return state === '' ? '' : createHash('sha1').update(state).digest('base64url').slice(0, 6);
}
