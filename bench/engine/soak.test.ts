import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWear } from '@spiderlightning/component';
import { growthOf, soak } from './soak.ts';

// What is asserted is generous: with so few calls V8's own memory weighs more than what could be left behind. The leaks
// that it would show are those of an instance, a stack or a promise for each call.
for (const [name, count, most] of [
  ['calls', 20_000, 100],
  ['instances', 2_000, 4_000],
  ['cancelled', 1_980, 4_000],
] as const) {
  test(`${count} ${name} leave next to nothing behind`, async () => {
    const { resident } = await soak(name, count);
    const each = growthOf(resident) / (count / 10);
    assert.ok(each < most, `${Math.round(each)} bytes each, of at most ${most}`);
    assert.equal(readWear(1).calls, 0);
  });
}
