import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { sqliteTypes } from '../../../test/sql/in-process.ts';
import { testConformance } from '../../../test/suites.ts';
import { openCapabilityOn } from '../core/open.ts';
import { sqlite } from './backends/sqlite.ts';
import { sqlConformance } from './conformance.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-sql-'));
after(() => rmSync(dataDir, { recursive: true }));

const open = (name: string) =>
  openCapabilityOn('sql', sqlite, { name, bind: 'sqlite', config: {} }, { dataDir, timeout: 10_000 });
testConformance('sqlite', sqlConformance({ open, features: sqlite.features, types: sqliteTypes }));
