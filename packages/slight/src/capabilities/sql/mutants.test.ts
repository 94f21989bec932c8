import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { sqlInProcess, sqliteTypes } from '../../../test/sql/in-process.ts';
import { testMutants } from '../../../test/suites.ts';
import { nameOfKey } from '../../clients/filesystem/names.ts';
import { sqlConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

// Where there is a disk in memory nobody waits for a real one: what is durable is not what is tested here.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'slight-sql-mutants-'));
after(() => rmSync(folder, { recursive: true }));

const healthy = {
  types: sqliteTypes,
  open: (name: string) => sqlInProcess(join(folder, `${nameOfKey(name)}.db`)),
};
testMutants(sqlConformance, makeMutant(healthy, 'healthy', { breaks: [] }), makeMutants(healthy));
