import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { sqlInProcess, sqliteTypes } from '../../../test/sql/in-process.ts';
import { testMutants } from '../../../test/suites.ts';
import { nameOfKey } from '../../clients/filesystem/names.ts';
import { sqlConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-sql-mutants-'));
after(() => rmSync(folder, { recursive: true }));

const healthy = {
  types: sqliteTypes,
  open: (name: string) => sqlInProcess(join(folder, `${nameOfKey(name)}.db`)),
};
testMutants(sqlConformance, makeMutant(healthy, 'healthy', { breaks: [] }), makeMutants(healthy));
