/** What the processes of a test under faults say, each line in JSON. Times in milliseconds by a clock that all processes share. */
import { writeSync } from 'node:fs';
import { CapabilityError } from '../../src/capabilities/core/error.ts';
import type { Action } from '../../src/capabilities/keyvalue/history.ts';

export interface Attempt {
  /** What was tried, of key-value as its history has it. */
  readonly name: string;
  readonly from: number;
  readonly until: number;
  /** Undefined: it was answered. */
  readonly failure?: {
    readonly code: string;
    readonly outcome: 'none' | 'unknown';
    readonly message: string;
  };
}

export interface KeyAttempt extends Attempt {
  readonly key: string;
  readonly action: Action;
}

/** By a clock of the machine that nobody sets. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Does what may fail, and says how it ended. @returns the answer; undefined where it failed */
export async function attempt<T>(
  name: string,
  work: () => Promise<T> | T,
  describe: (answer: T | undefined) => object,
): Promise<T | undefined> {
  const from = now();
  try {
    const answer = await work();
    say({ name, from, until: now(), ...describe(answer) });
    return answer;
  } catch (error) {
    // Anything else ends this process, and its test.
    if (!(error instanceof CapabilityError)) throw error;
    const { code, outcome, message } = error;
    say({ name, from, until: now(), failure: { code, outcome, message }, ...describe(undefined) });
    return undefined;
  }
}
