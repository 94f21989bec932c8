import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { follows, reject, succeed, type Claim, type Current } from './mqtt-claims.ts';

interface Member {
  alive: boolean;
  current: Current | undefined;
  /** It is about to say again what counts, as nobody has. */
  standsIn: boolean;
}

interface Sent {
  readonly from: Member;
  readonly claim: Claim;
}

/**
 * A server that passes on what the members of a group send about one message, in whatever order it comes to it, and keeps the last of it
 * for those who join. The first member lives on; the others may die, with what they have sent or without.
 */
function makeGroup() {
  const first: Member = { alive: true, current: undefined, standsIn: false };
  const members = [first];
  const sent: Sent[] = [];
  let kept: Claim | undefined;
  let tokens = 0;
  const living = () => members.filter(({ alive }) => alive);

  function sayAgain(from: Member, { token, before, attempt, lease, due }: Current): void {
    sent.push({ from, claim: { token, before, attempt, lease, due, again: true } });
  }

  function hear(member: Member, { from, claim }: Sent, retained: boolean): void {
    const { current } = member;
    if (follows(claim, current, retained)) {
      const authored = from === member && claim.again !== true;
      member.current = succeed(claim, current, authored, retained);
      if (claim.again) member.standsIn = false;
    } else if (current !== undefined) {
      member.current = reject(claim, current);
      if (current.authored) sayAgain(member, current);
      else if (current.sure) member.standsIn = true;
    }
  }

  /** What one member has sent comes in its order. */
  function arrive(choice: number): void {
    const { from } = sent[choice % sent.length]!;
    const at = sent.findIndex((each) => each.from === from);
    const [next] = sent.splice(at, 1);
    kept = next!.claim;
    for (const member of living()) hear(member, next!, false);
  }

  function standIn(choice: number): void {
    const waiting = living().filter(({ standsIn }) => standsIn);
    if (waiting.length === 0) return;
    const member = waiting[choice % waiting.length]!;
    member.standsIn = false;
    if (member.current?.sure) sayAgain(member, member.current);
  }

  return {
    claim(choice: number): void {
      // One claim at a time.
      const free = living().filter((each) => !sent.some(({ from, claim }) => from === each && !claim.again));
      if (free.length === 0) return;
      const from = free[choice % free.length]!;
      const before = from.current?.token ?? '';
      const attempt = (from.current?.attempt ?? 0) + 1;
      sent.push({ from, claim: { token: `t${tokens++}`, before, attempt, lease: 1, due: 0 } });
    },
    arrive: (choice: number) => sent.length > 0 && arrive(choice),
    join(): void {
      const member: Member = { alive: true, current: undefined, standsIn: false };
      members.push(member);
      if (kept !== undefined) hear(member, { from: first, claim: kept }, true);
    },
    die(choice: number): void {
      const mortal = living().filter((each) => each !== first);
      if (mortal.length === 0) return;
      const member = mortal[choice % mortal.length]!;
      member.alive = false;
      if (choice % 2 === 0) return;
      for (const each of sent.filter(({ from }) => from === member)) sent.splice(sent.indexOf(each), 1);
    },
    standIn,
    /** Until nobody has anything more to say. @returns what each takes to count, and what the server keeps */
    settle(): (string | undefined)[] {
      for (let step = 0; sent.length > 0 || living().some(({ standsIn }) => standsIn); step++) {
        assert.ok(step < 1_000, 'it never ends');
        if (sent.length > 0) arrive(step);
        else standIn(step);
      }
      return [...living().map(({ current }) => current?.token), kept?.token];
    },
  };
}

void test('whoever joins, dies or is late: in the end all who live agree on who has the message', () => {
  const step = fc.constantFrom('claim', 'claim', 'arrive', 'arrive', 'join', 'die', 'standIn');
  const steps = fc.array(fc.tuple(step, fc.nat(1_000)), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(steps, (some) => {
      const group = makeGroup();
      group.join();
      for (const [what, choice] of some) group[what as 'claim'](choice);
      assert.equal(new Set(group.settle()).size, 1);
    }),
    { numRuns: 3_000 },
  );
});
