import type { CapabilityError } from '../capabilities/core/error.ts';
import { gather, type Asked } from './gather.ts';
import type { RedisArgument } from './redis-connection.ts';
import { togetherScript, type RedisScript } from './redis-script.ts';

/** A script that is to run. */
export interface Run {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Scripts that run on a server: those of one turn of the event loop together, where they are the same. */
export interface Runs {
  run(what: Run): Promise<unknown>;
  /** Has all that is gathered leave now. */
  leave(): void;
}

/** Bytes of arguments of a script that runs with others: while the server runs a script, it does nothing else. */
const mostBytes = 16 * 1024;

/**
 * @param evaluate runs one script
 * @param explain makes an error of the library, one of a list of answers, one of ours
 * @param byKeys whether only those run together that have the same keys: others of a cluster lie in other slots, or at two nodes
 * while their slot is on its way
 */
export function gatherRuns(
  evaluate: (what: Run) => Promise<unknown>,
  explain: (error: Error) => CapabilityError,
  byKeys: boolean,
): Runs {
  const { ask, leave } = gather((asked: readonly Asked<Run, unknown>[]) => {
    const kinds = Map.groupBy(asked, ({ question: { script, keys, args } }) => {
      const which = byKeys ? keys.join(' ') : '';
      return `${script.sha} ${args.length} ${keys.length} ${which}`;
    });
    for (const same of kinds.values()) void (same.length > 1 ? runTogether(same) : runEach(same));
  });

  function runEach(asked: readonly Asked<Run, unknown>[]): void {
    for (const { question, resolve, reject } of asked) evaluate(question).then(resolve, reject);
  }

  async function runTogether(asked: readonly Asked<Run, unknown>[]): Promise<void> {
    const runs = asked.map(({ question }) => question);
    const { script, keys, args } = runs[0]!;
    try {
      const answers = (await evaluate({
        script: togetherScript(script),
        keys: runs.flatMap((each) => each.keys),
        args: [String(keys.length), String(args.length), ...runs.flatMap((each) => each.args)],
      })) as unknown[];
      asked.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer instanceof Error) reject(explain(answer));
        else resolve(answer);
      });
    } catch (error) {
      const { detail } = error as CapabilityError;
      // One server may be a cluster all the same, that has all the slots. Nothing has run.
      if (detail === 'CROSSSLOT') byKeys = true;
      // Nor where the user has no right to one of the keys; the others' askers may have it to theirs.
      if (detail === 'CROSSSLOT' || detail === 'NOPERM') return runEach(asked);
      for (const { reject } of asked) reject(error);
    }
  }

  return {
    run: (what) => (what.script.alone || lengthOf(what.args) > mostBytes ? evaluate(what) : ask(what)),
    leave,
  };
}

function lengthOf(args: readonly RedisArgument[]): number {
  let length = 0;
  for (const argument of args) length += argument.length;
  return length;
}
