import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testConformance } from '../../../test/suites.ts';
import type { Backend } from '../core/backend.ts';
import { filesystem } from './backends/filesystem.ts';
import { memory } from './backends/memory.ts';
import { sqlite } from './backends/sqlite.ts';
import { keyValueConformance } from './conformance.ts';
import type { KeyValue, KeyValueFeature } from './contract.ts';
import { openCapabilityOn } from '../core/open.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-conformance-'));
after(() => rmSync(dataDir, { recursive: true }));

function conforms(title: string, backend: Backend<KeyValue, KeyValueFeature>): void {
  const open = (name: string) =>
    openCapabilityOn(
      'keyvalue',
      backend,
      { name, bind: backend.scheme, config: {} },
      { dataDir, timeout: 10_000 },
    );
  testConformance(title, keyValueConformance({ open, features: backend.features }));
}

conforms('memory', memory);
conforms('sqlite', sqlite);
conforms('filesystem', filesystem);
conforms('a backend that declares nothing', { ...memory, features: new Set() });
