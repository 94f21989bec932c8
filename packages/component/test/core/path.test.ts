import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { CHECK, CallSites, Edits } from '../../src/core/edits.ts';
import { scanBody } from '../../src/core/scan.ts';

type Code =
  | { readonly kind: 'run'; readonly bytes: number }
  | { readonly kind: 'call' }
  | { readonly kind: 'return' }
  | { readonly kind: 'block'; readonly body: readonly Code[] }
  | { readonly kind: 'loop'; readonly body: readonly Code[] }
  | { readonly kind: 'if'; readonly body: readonly Code[]; readonly otherwise: readonly Code[] | undefined }
  | { readonly kind: 'br'; readonly label: number }
  | { readonly kind: 'br_if'; readonly label: number }
  | { readonly kind: 'br_table'; readonly labels: readonly number[] };

const { body } = fc.letrec<{ body: Code[]; code: Code }>((tie) => ({
  body: fc.array(tie('code'), { maxLength: 6 }),
  code: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('run' as const), bytes: fc.constantFrom(1, 2500, 7500) }),
    fc.record({ kind: fc.constant('call' as const) }),
    fc.record({ kind: fc.constant('return' as const) }),
    fc.record({ kind: fc.constant('br' as const), label: fc.nat(3) }),
    fc.record({ kind: fc.constant('br_if' as const), label: fc.nat(3) }),
    fc.record({
      kind: fc.constant('br_table' as const),
      labels: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('block' as const), body: tie('body') }),
    fc.record({ kind: fc.constant('loop' as const), body: tie('body') }),
    fc.record({
      kind: fc.constant('if' as const),
      body: tie('body'),
      otherwise: fc.option(tie('body'), { nil: undefined }),
    }),
  ),
}));

/** Most that a path may count, the largest call, and what is left of an instruction. */
const BOUND = 8000 + 3000 + 16;
const CALL = 3000;
const STEPS = 300;

/** Writes code, and a way to walk through it that tells of each instruction: its place and what it counts. */
function write(
  codes: readonly Code[],
  bytes: number[],
  depth: number,
  pick: () => number,
  tell: (at: number, cost: number) => void,
): () => number {
  // Walks answer how many blocks are left to leave, and -1 where the next instruction comes.
  const walks: (() => number)[] = [];
  const emit = (...instruction: number[]): number => {
    bytes.push(...instruction);
    return bytes.length - instruction.length;
  };
  for (const code of codes) {
    const label = (wanted: number): number => Math.min(wanted, depth);
    if (code.kind === 'run') {
      const at = bytes.length;
      for (let byte = 0; byte < code.bytes; byte++) bytes.push(0x01);
      walks.push(() => {
        for (let byte = 0; byte < code.bytes; byte++) tell(at + byte, 1);
        return -1;
      });
    } else if (code.kind === 'call') {
      const at = emit(0x10, 0);
      walks.push(() => (tell(at, 2 + CALL), -1));
    } else if (code.kind === 'return') {
      const at = emit(0x0f);
      walks.push(() => (tell(at, 1), depth));
    } else if (code.kind === 'br' || code.kind === 'br_if') {
      const to = label(code.label);
      const at = emit(code.kind === 'br' ? 0x0c : 0x0d, to);
      walks.push(() => (tell(at, 2), code.kind === 'br_if' && pick() % 2 === 0 ? -1 : to));
    } else if (code.kind === 'br_table') {
      const labels = code.labels.map(label);
      const at = emit(0x0e, labels.length - 1, ...labels);
      walks.push(() => (tell(at, 2 + labels.length), labels[pick() % labels.length]!));
    } else {
      const at = emit(code.kind === 'block' ? 0x02 : code.kind === 'loop' ? 0x03 : 0x04, 0x40);
      const inner = write(code.body, bytes, depth + 1, pick, tell);
      let otherwise: (() => number) | undefined;
      let border: number | undefined;
      if (code.kind === 'if' && code.otherwise !== undefined) {
        border = emit(0x05);
        otherwise = write(code.otherwise, bytes, depth + 1, pick, tell);
      }
      const end = emit(0x0b);
      walks.push(() => {
        tell(at, 2);
        for (;;) {
          const taken = code.kind !== 'if' || pick() % 2 === 0 ? inner : otherwise;
          const left = taken?.() ?? -1;
          if (left > 0) return left - 1;
          if (left === 0 && code.kind === 'loop') continue;
          // What stands before an `else` is the end of the first part, which goes on behind the `end`.
          if (left < 0) tell(taken === inner ? (border ?? end) : end, 1);
          return -1;
        }
      });
    }
  }
  return () => {
    for (const walk of walks) {
      const left = walk();
      if (left >= 0) return left;
    }
    return -1;
  };
}

class Enough extends Error {}

test('on no way through a function much runs without a look at the flag', () => {
  fc.assert(
    fc.property(body, fc.infiniteStream(fc.nat(5)), (codes, picks) => {
      const bytes = [0];
      const looks = new Set<number>();
      let since = 0;
      let steps = 0;
      const pick = (): number => {
        if (++steps > STEPS) throw new Enough();
        return picks.next().value;
      };
      const walk = write(codes, bytes, 0, pick, (at, cost) => {
        if (looks.has(at)) since = 0;
        since += cost;
        assert.ok(since <= BOUND, `${since} without a look before byte ${at}`);
        if (++steps > STEPS * 20_000) throw new Enough();
      });
      bytes.push(0x0b);
      const edits = new Edits(false);
      scanBody(new Uint8Array(bytes), 0, bytes.length, edits, new CallSites(), () => CALL);
      for (let edit = 0; edit < edits.count; edit++)
        if (edits.kind[edit] === CHECK) looks.add(edits.start[edit]!);
      try {
        walk();
      } catch (error) {
        if (!(error instanceof Enough)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
