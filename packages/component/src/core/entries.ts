import type { CallSites } from './edits.ts';

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
}

/** Most code, in bytes, that a call may run through without a look at the flag, loops aside: some microseconds. */
const WEIGHT = 3000;

/** What a call counts on the way through a function where it is not known what is called: that looks, or weighs no more. */
export const UNKNOWN_WEIGHT = WEIGHT;

/** Weight of a function that looks at the flag itself: next to nothing for its callers. */
const LOOKS = 1;

export interface Weights {
  /** Of each function. */
  readonly weights: Float64Array;
  /** 1: it looks at the flag on entry. */
  readonly onEntry: Uint8Array;
}

/**
 * Decides which functions look at the flag on entry.
 *
 * Loops look at the flag, so a guest runs on unnoticed only through calls: by recursion, or by functions that each call
 * the next one twice. A function needs no look if all that it can reach is a small amount of code. Its weight is its
 * own code and that of all it calls, once for each call site; it has no bound where recursion or a call with an unknown
 * target is among them. There is no exception for functions that only pass a call on, although by them alone the stack
 * only gets deeper, and ends: others may call down such a row again and again.
 *
 * @param imported how many functions the module imports: theirs are the first indexes, and what they do is unknown
 */
export function decideEntries(bodies: Bodies, sites: CallSites, imported: number): Weights {
  const weights = new Float64Array(bodies.count);
  const onEntry = new Uint8Array(bodies.count);
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
    if (weight <= WEIGHT) return weight;
    onEntry[index] = 1;
    return LOOKS;
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
  return { weights, onEntry };
}
