/**
 * Messaging that is broken on purpose, each in one way. They prove that the conformance suite sees what it claims to see:
 * every one of its checks fails on at least one of them.
 */
import type { Backend } from '../core/backend.ts';
import { checkConfig } from '../core/config.ts';
import type { MessagingTarget } from './conformance/check.ts';
import type { Messaging, MessagingFeature } from './contract.ts';
import { broadcastDefects } from './mutants/broadcast.ts';
import { deadDefects } from './mutants/dead.ts';
import type { Defect, Notes } from './mutants/defect.ts';
import { publishDefects } from './mutants/publish.ts';
import { receiveDefects } from './mutants/receive.ts';
import { portableMessaging } from './portable.ts';
import { messagingSettings } from './settings.ts';

export interface Mutant extends MessagingTarget {
  readonly name: string;
  /** Names of checks that must fail on it. */
  readonly breaks: readonly string[];
}

/** A healthy backend, in this process, with the defect in it; without one it is healthy. */
export function makeMutant(
  healthy: Backend<Messaging, MessagingFeature>,
  name: string,
  defect: Defect,
): Mutant {
  const everything: MessagingFeature[] = [...healthy.features, 'durable', 'durable-server'];
  const features = new Set(everything.filter((feature) => !defect.lacks?.includes(feature)));
  const notesByName = new Map<string, Notes>();
  return {
    name,
    breaks: defect.breaks,
    features,
    open(given, settings) {
      const place = defect.rename?.(given) ?? given;
      const notes: Notes = notesByName.get(given) ?? new Map();
      const config = { ...checkConfig(messagingSettings, settings), ...defect.settings };
      const context = {
        name: place,
        url: new URL('memory:'),
        bind: 'memory',
        config,
        dataDir: `mutant ${name}`,
        timeout: 5_000,
      };
      // One that nobody closes keeps the messages.
      if (!notesByName.has(given) && !defect.forgets) void healthy.open(context);
      notesByName.set(given, notes);
      const raw = healthy.open(context) as Messaging;
      const portable = portableMessaging(
        { ...raw, ...defect.backend?.(raw, notes) },
        { where: name, features, config, timeout: 5_000, backendsWith: () => [] },
      ) as Messaging;
      return { ...portable, ...defect.guest?.(portable, raw) };
    },
  };
}

/** All mutants of a backend. */
export function makeMutants(healthy: Backend<Messaging, MessagingFeature>): Mutant[] {
  const defects = { ...publishDefects, ...receiveDefects, ...deadDefects, ...broadcastDefects };
  return Object.entries(defects).map(([name, defect]) => makeMutant(healthy, name, defect));
}
