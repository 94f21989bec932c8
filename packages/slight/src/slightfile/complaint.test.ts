import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { describeComplaint } from './complaint.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-complaint-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'slightfile.toml');
writeFileSync(path, '[keyvalue]\norders = "redis://me:hunter2@cache"\n');
const position = { line: 2, column: 10 };
const frame = '  2 | orders = "redis://***@cache"\n    |          ^';
const where = relative(process.cwd(), path);

const shown = (file: string): string => (where.startsWith('..') ? path : file);

test('a complaint has its place, the line without its credentials, and last what to do', () => {
  assert.equal(
    describeComplaint({ path }, position, 'it is wrong\n  it has: much\n  fix: mend it'),
    `${shown(where)}:2:10: it is wrong\n  it has: much\n${frame}\n  fix: mend it`,
  );
  assert.equal(describeComplaint({ path }, position, 'wrong'), `${shown(where)}:2:10: wrong\n${frame}`);
  assert.equal(describeComplaint({ path: undefined }, undefined, 'no\n  fix: so'), 'no\n  fix: so');
  const gone = { path: join(folder, 'gone.toml') };
  assert.match(describeComplaint(gone, position, 'no\n  fix: so'), /gone\.toml:2:10: no\n {2}fix: so$/);
});
