import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { RedisClient } from '../../../clients/redis.ts';
import { orderNodes, readNodes } from '../../../clients/redis-view.ts';
import { listKeys } from './redis-list.ts';

/** Slots, each with two keys; a key's place in every scan is its number. */
const slots = 6;
const keys = Array.from({ length: 2 * slots }, (_, key) => key);
const slotOf = (key: number): number => key % slots;

interface Node {
  readonly id: string;
  epoch: number;
  readonly slots: Set<number>;
  readonly keys: Set<number>;
  readonly leaving: Map<number, string>;
  readonly arriving: Map<number, string>;
}

/** A cluster whose slots move as Redis moves them, a step at a time, while others look. */
class Cluster {
  readonly nodes: readonly Node[];
  readonly #choose: (below: number) => number;
  #moves: Iterator<void>[] = [];
  readonly #moving = new Set<number>();
  #left: number;
  readonly #pace: number;

  constructor(choose: (below: number) => number, { moves = 6, nodes = 4 } = {}) {
    this.#choose = choose;
    this.#left = moves;
    this.#pace = 1 + choose(12);
    this.nodes = Array.from({ length: nodes }, (_, i) => ({
      id: 'abcdef'[i]!,
      epoch: i + 1,
      slots: new Set(),
      keys: new Set(),
      leaving: new Map(),
      arriving: new Map(),
    }));
    // The last one is new.
    for (let slot = 0; slot < slots; slot++) this.nodes[slot % (nodes - 1)]!.slots.add(slot);
    for (const node of this.nodes)
      for (const key of keys) if (node.slots.has(slotOf(key))) node.keys.add(key);
  }

  /** Something may happen now. */
  go(): void {
    // Nothing for a while, or much at once: a guest may wait for long between two pages.
    if (this.#choose(this.#pace) > 0) return;
    for (let count = this.#choose(8); count > 0; count--) {
      if (this.#moves.length < 2 && this.#left > 0 && this.#choose(3) === 0) this.#begin();
      const move = this.#moves[this.#choose(Math.max(1, this.#moves.length))];
      if (move?.next().done) this.#moves = this.#moves.filter((each) => each !== move);
    }
  }

  #begin(): void {
    const slot = this.#choose(slots);
    const from = this.nodes.find((node) => node.slots.has(slot))!;
    const to = this.nodes[this.#choose(this.nodes.length)]!;
    if (from === to || this.#moving.has(slot)) return;
    this.#left--;
    this.#moving.add(slot);
    this.#moves.push(this.#move(slot, from, to));
  }

  *#move(slot: number, from: Node, to: Node): Generator<void> {
    to.arriving.set(slot, from.id);
    yield;
    from.leaving.set(slot, to.id);
    yield;
    for (const key of keys.filter((each) => slotOf(each) === slot)) {
      from.keys.delete(key);
      to.keys.add(key);
      yield;
    }
    to.arriving.delete(slot);
    to.slots.add(slot);
    const last = Math.max(...this.nodes.map(({ epoch }) => epoch));
    if (to.epoch < last) to.epoch = last + 1;
    yield;
    from.leaving.delete(slot);
    from.slots.delete(slot);
    this.#moving.delete(slot);
  }

  #look(): ReturnType<typeof orderNodes> {
    const owns = this.nodes.map((node) => {
      this.go();
      const { id, epoch } = node;
      const marks = [
        ...[...node.leaving].map(([slot, to]) => `[${slot}->-${to}]`),
        ...[...node.arriving].map(([slot, from]) => `[${slot}-<-${from}]`),
      ];
      const line = [id, '10.0.0.1:1@1', 'myself,master', '-', 0, 0, epoch, 'connected'];
      return readNodes([...line, ...[...node.slots].toSorted(), ...marks].join(' '), `${id}:1`, '').own;
    });
    const had = new Set(owns.flatMap(({ ranges }) => ranges.map(([slot]) => slot)));
    if (had.size < slots) return this.#look();
    const targets = new Set(owns.flatMap(({ leaving }) => leaving.map(([, to]) => to)));
    return orderNodes(
      owns.filter(({ id, ranges, arriving }) => ranges.length > 0 || arriving || targets.has(id)),
    );
  }

  client(): RedisClient {
    const send = async (address: string, [position]: readonly unknown[]) => {
      this.go();
      const at = Number(position);
      const node = this.nodes.find(({ id }) => address === `${id}:1`)!;
      const found = keys.slice(at, at + 3).filter((key) => node.keys.has(key));
      return [
        Buffer.from(String(at + 3 < keys.length ? at + 3 : 0)),
        found.map((key) => Buffer.from(`s:${key}`)),
      ];
    };
    const nodes = async () =>
      this.#look().map(({ address, state }) => ({
        state,
        send: (_: string, args: readonly unknown[]) => send(address, args),
      }));
    return { nodes } as unknown as RedisClient;
  }
}

test('whatever moves while a cluster is listed, each key that is there throughout is listed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(fc.nat(23)),
      fc.integer({ min: 1, max: 20 }),
      async (choices, limit) => {
        const client = new Cluster((below) => choices.next().value! % below).client();
        const found = new Set<string>();
        for (let cursor: string | undefined; ;) {
          const page = await listKeys(client, 's:', { limit, ...(cursor !== undefined && { cursor }) });
          for (const key of page.keys) found.add(key);
          if ((cursor = page.cursor) === undefined) break;
        }
        assert.deepEqual(
          keys.filter((key) => !found.has(String(key))),
          [],
        );
      },
    ),
    { numRuns: 3_000 },
  );
});
