import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testConformance } from '../../../test/suites.ts';
import type { Backend } from '../core/backend.ts';
import { openCapabilityOn } from '../core/open.ts';
import { filesystem } from './backends/filesystem.ts';
import { memory } from './backends/memory.ts';
import { blobsConformance } from './conformance.ts';
import type { Blobs, BlobsFeature } from './contract.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-blobs-'));
after(() => rmSync(dataDir, { recursive: true }));

function conforms(title: string, backend: Backend<Blobs, BlobsFeature>): void {
  const open = (name: string) =>
    openCapabilityOn(
      'blobs',
      backend,
      { name, bind: backend.scheme, config: {} },
      { dataDir, timeout: 10_000 },
    );
  testConformance(title, blobsConformance({ open, features: backend.features }));
}

conforms('memory', memory);
conforms('filesystem', filesystem);
conforms('a backend that declares nothing', { ...memory, features: new Set() });
