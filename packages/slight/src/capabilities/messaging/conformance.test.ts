import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testConformance } from '../../../test/suites.ts';
import type { Setting } from '../../slightfile/model.ts';
import type { Backend } from '../core/backend.ts';
import { openCapabilityOn } from '../core/open.ts';
import { memory } from './backends/memory.ts';
import { sqlite } from './backends/sqlite.ts';
import { messagingConformance } from './conformance.ts';
import type { Messaging, MessagingFeature } from './contract.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'slight-messaging-'));
after(() => rmSync(dataDir, { recursive: true }));

function conforms(title: string, backend: Backend<Messaging, MessagingFeature>): void {
  const open = (name: string, config: { readonly [key: string]: Setting }) =>
    openCapabilityOn(
      'messaging',
      backend,
      { name, bind: backend.scheme, config },
      { dataDir, timeout: 10_000 },
    );
  testConformance(title, messagingConformance({ open, features: backend.features }), 8);
}

conforms('memory', memory);
conforms('sqlite', sqlite);
conforms('a backend that declares nothing', { ...memory, features: new Set() });
