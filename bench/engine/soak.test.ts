import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWear } from '@spiderlightning/component';
import { growthOf, soak } from './soak.ts';

// What is asserted is generous: with so few calls V8's own memory weighs more than what could be left behind, and steps of a
// few hundred kilobytes fall into one run and not into another. So a run that grew is repeated: a leak of an instance, a
// stack or a promise for each call grows in all of them.
for (const [name, count, most] of [
  ['calls', 20_000, 100],
  ['instances', 2_000, 4_000],
  ['cancelled', 1_980, 4_000],
] as const) {
  test(`${count} ${name} leave next to nothing behind`, async () => {
    let each = Infinity;
    for (let run = 0; run < 3 && each >= most; run++) {
      const { resident } = await soak(name, count);
      each = growthOf(resident) / (count / 10);
    }
    assert.ok(each < most, `${Math.round(each)} bytes each, of at most ${most}, three times`);
    assert.equal(readWear(1).calls, 0);
  });
}
