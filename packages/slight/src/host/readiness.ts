import type { MaybePromise } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { endBefore } from '../capabilities/core/resilience.ts';
import { maskSecrets } from '../slightfile/mask.ts';
import type { Health } from '../triggers/health.ts';
import type { BindingRow } from './bind.ts';

/** Something that can be asked whether it answers. */
export interface Probe extends BindingRow {
  ping(): MaybePromise<void>;
}

/** Whether one backend answers, without anything secret. */
export interface BackendState extends BindingRow {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Milliseconds in which a backend must answer. */
const patience = 800;
/** Milliseconds for which an answer counts: whoever asks more often does not burden the backends. */
const validity = 1_000;

/** Asks backends whether they answer; each at most once at a time, and at most once a second. */
export function createProber(probes: () => readonly Probe[]): () => Promise<BackendState[]> {
  let last: Promise<BackendState[]> | undefined;
  let until = 0;
  const pending = new Map<string, Promise<void>>();

  async function probe({ capability, name, where, ping }: Probe): Promise<BackendState> {
    const key = `${capability} ${name}`;
    let answer = pending.get(key);
    if (answer === undefined) {
      answer = (async () => ping())().finally(() => pending.delete(key));
      pending.set(key, answer);
    }
    try {
      await endBefore(patience, answer, 'reads');
      return { capability, name, where, ok: true };
    } catch (error) {
      const known = error instanceof CapabilityError;
      const message = known ? maskSecrets(error.message) : 'the backend failed unexpectedly';
      return {
        capability,
        name,
        where,
        ok: false,
        error: { code: known ? error.code : 'internal', message },
      };
    }
  }

  return () => {
    if (last === undefined || performance.now() >= until) {
      until = performance.now() + patience + validity;
      last = Promise.all(probes().map(probe)).finally(() => (until = performance.now() + validity));
    }
    return last;
  };
}

/**
 * Whether an app takes requests and can serve them.
 * @param answers - of the workers that serve; undefined for one that did not answer in time
 */
export function summarizeReadiness(
  answers: readonly (readonly BackendState[] | undefined)[],
  stopping: boolean,
): Health {
  const heard = answers.filter((answer) => answer !== undefined);
  const backends = new Map<string, BackendState>();
  for (const state of heard.flat()) {
    const key = `${state.capability} ${state.name}`;
    // One worker that does not reach it is enough.
    if (backends.get(key)?.ok !== false) backends.set(key, state);
  }
  const listed = [...backends.values()];
  const state = stopping ? 'stopping' : heard.length === 0 ? 'starting' : 'serving';
  return { ok: state === 'serving' && listed.every(({ ok }) => ok), state, backends: listed };
}
