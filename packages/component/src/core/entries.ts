import { NOTHING } from './edits.ts';
import type { CallSites, Edits } from './edits.ts';

/** The functions that a module defines: arrays with an element for each. Places are byte offsets in the module. */
export interface Bodies {
  readonly count: number;
  /** Behind the size. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Its first edit, which is the look at the flag on entry. */
  readonly firstEdit: Int32Array;
  /** Its first call site. */
  readonly firstCall: Int32Array;
  readonly hasTailCall: Uint8Array;
}

/**
 * Most code, in bytes, that a call may run through without a look at the flag, loops aside: some microseconds. Times
 * `CALLS_IN_A_ROW` it is what a guest runs unnoticed at most.
 */
const WEIGHT = 8000;

/** Most code of a function that only passes a call on. There may be as many of them in a row as the stack holds. */
const LINK = 1000;

/** Weight of a function that looks at the flag itself: next to nothing for its callers. */
const LOOKS = 1;

/**
 * Decides which functions look at the flag on entry, and takes the others' first edits back.
 *
 * Loops look at the flag, so a guest runs on unnoticed only through calls: by recursion, or by functions that each call
 * the next one twice. A function needs no look if all that it can reach is a small amount of code. Its weight is its
 * own code and that of all it calls, once for each call site; it has no bound where recursion or a call with an unknown
 * target is among them. Nor is a look needed in a small function that has one call and keeps its frame: by such
 * functions alone the stack only gets deeper, and ends.
 *
 * @param imported how many functions the module imports: theirs are the first indexes, and what they do is unknown
 */
export function decideEntries(bodies: Bodies, sites: CallSites, imported: number, edits: Edits): void {
  const weights = new Float64Array(bodies.count);
  const UNSEEN = 0;
  const OPEN = -1;
  const path: number[] = [];

  const callsOf = (index: number): number =>
    (index + 1 < bodies.count ? bodies.firstCall[index + 1]! : sites.count) - bodies.firstCall[index]!;

  const weigh = (index: number): number => {
    const first = bodies.firstCall[index]!;
    const calls = callsOf(index);
    const own = bodies.end[index]! - bodies.start[index]!;
    let weight = own;
    for (let site = first; site < first + calls && weight <= WEIGHT; site++) {
      const callee = sites.callee[site]! - imported;
      // Open ones are being weighed further down the path: that is recursion.
      weight += callee < 0 || weights[callee] === OPEN ? Infinity : weights[callee]!;
    }
    if (weight > WEIGHT) {
      const isLink = calls === 1 && own <= LINK && bodies.hasTailCall[index] === 0;
      if (!isLink) return LOOKS;
      weight = Infinity;
    }
    edits.kind[bodies.firstEdit[index]!] = NOTHING;
    return weight;
  };

  for (let root = 0; root < bodies.count; root++) {
    if (weights[root] !== UNSEEN) continue;
    path.push(root);
    while (path.length > 0) {
      const index = path.at(-1)!;
      if (weights[index] === UNSEEN) {
        weights[index] = OPEN;
        const first = bodies.firstCall[index]!;
        for (let site = first; site < first + callsOf(index); site++) {
          const callee = sites.callee[site]! - imported;
          if (callee >= 0 && weights[callee] === UNSEEN) path.push(callee);
        }
        continue;
      }
      path.pop();
      if (weights[index] === OPEN) weights[index] = weigh(index);
    }
  }
}
