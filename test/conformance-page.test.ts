import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { listBackends } from '../packages/slight/src/capabilities/core/open.ts';
import * as suites from '../packages/slight/src/conformance.ts';
import { capabilityNames, page, readSections, toRows } from '../scripts/conformance.ts';

test('every backend stands in the page of conformance: `npm run conformance -- CAPABILITY` writes it', async () => {
  const sections = readSections(readFileSync(page, 'utf8'));
  for (const capability of capabilityNames) {
    const section = sections.get(capability) ?? '';
    for (const { scheme } of await listBackends(capability as 'keyvalue'))
      assert.ok(section.includes(`\n| \`${scheme}\` |`), `${capability}: ${scheme} is missing`);
  }
});

test('the page has what each backend has to pass today: `npm run conformance -- CAPABILITY` runs that', async () => {
  const sections = readSections(readFileSync(page, 'utf8'));
  const refusal = /, which is not declared, is unsupported$/;
  const stale: string[] = [];
  for (const [name, makeChecks] of Object.entries(suites)) {
    const capability = /^(\w+)Conformance$/.exec(name)?.[1]?.toLowerCase();
    if (capability === undefined) continue;
    const section = sections.get(capability)!;
    for (const { scheme, features } of await listBackends(capability as 'keyvalue')) {
      // Nothing is opened: only the names of the checks are looked at.
      const target = { features, types: {}, open: () => assert.fail('not here') };
      const checks = (makeChecks as (target: object) => { name: string }[])(target);
      const refused = checks.filter((check) => refusal.test(check.name)).length;
      const rows = section.matchAll(new RegExp(`^\\| \`${scheme}\` \\| .* \\| (\\d+) \\| (\\d+) \\|$`, 'gm'));
      for (const [row, kept, undeclared] of rows)
        // Some suites look at a thing or two of their own besides.
        if (Number(kept) < checks.length - refused || Number(undeclared) !== refused) stale.push(row);
    }
  }
  assert.deepEqual(stale, []);
});

test('rows are of suites that check promises, count what is not declared apart, and say who stood faults', () => {
  const run = (file: string, title: string, passed: string[]) => ({ file, title, passed, failed: [] });
  const refused = '`b`, which is not declared, is unsupported';
  const rows = toRows(
    ['memory', 'redis', 'nats', 'postgres'],
    [
      run('x/conformance.test.ts', 'memory', ['a', 'b']),
      run('x/conformance.test.ts', 'a backend that declares nothing', [refused]),
      run('x/backends/redis.server.test.ts', 'locks on Redis', ['a', refused]),
      run('x/backends/redis.server.test.ts', 'locks on a Redis cluster', ['a']),
      run('x/backends/redis.server.test.ts', 'redis in trouble', ['it is killed']),
      run('x/backends/nats.server.test.ts', 'locks on NATS', ['a']),
      run('x/backends/postgres.server.test.ts', 'locks in PostgreSQL', ['a']),
      run('packages/slight/test/faults/locks.server.test.ts', 'locks in trouble', ['redis', 'PostgreSQL']),
    ],
  );
  assert.deepEqual(rows, [
    { backend: 'memory', tier: 3, suite: 'memory', kept: 2, refused: 0 },
    { backend: 'redis', tier: 1, suite: 'locks on Redis', kept: 1, refused: 1 },
    { backend: 'redis', tier: 2, suite: 'locks on a Redis cluster', kept: 1, refused: 0 },
    { backend: 'nats', tier: 2, suite: 'locks on NATS', kept: 1, refused: 0 },
    { backend: 'postgres', tier: 1, suite: 'locks in PostgreSQL', kept: 1, refused: 0 },
  ]);
});
