import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testConformance } from '../../../test/suites.ts';
import type { Backend } from '../core/backend.ts';
import { openCapabilityOn } from '../core/open.ts';
import { keyvalue } from './backends/keyvalue.ts';
import { memory } from './backends/memory.ts';
import { sqlite } from './backends/sqlite.ts';
import { locksConformance } from './conformance.ts';
import type { Locks, LocksFeature } from './contract.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-locks-'));
after(() => rmSync(dataDir, { recursive: true }));

function conforms(title: string, backend: Backend<Locks, LocksFeature>): void {
  const open = (name: string) =>
    openCapabilityOn(
      'locks',
      backend,
      { name, bind: backend.scheme, config: {} },
      { dataDir, timeout: 10_000 },
    );
  testConformance(title, locksConformance({ open, features: backend.features }), 8);
}

/** Locks in a key-value store that lives there. */
function conformsInStore(bind: string): void {
  const find = () => ({ name: 'orders', bind, config: {} });
  const around = { dataDir, timeout: 10_000, find };
  const open = (name: string) =>
    openCapabilityOn('locks', keyvalue, { name, bind: 'keyvalue', config: { store: 'orders' } }, around);
  testConformance(`keyvalue on ${bind}`, locksConformance({ open, features: keyvalue.features }), 4);
}

conforms('memory', memory);
conforms('sqlite', sqlite);
for (const bind of ['memory', 'sqlite', 'filesystem']) conformsInStore(bind);
