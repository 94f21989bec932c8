/** What somebody did to one key, as it was answered. Values are texts; undefined: nothing is there. */
export type Action =
  | { readonly kind: 'get'; readonly value: string | undefined }
  | { readonly kind: 'set'; readonly value: string }
  /** Compare-and-swap: `swapped` where `from` was there; undefined: no answer came. */
  | {
      readonly kind: 'swap';
      readonly from: string | undefined;
      readonly value: string;
      readonly swapped: boolean | undefined;
    }
  /** Adds to a number, where nothing is zero; `sum` undefined: no answer came. */
  | { readonly kind: 'add'; readonly delta: number; readonly sum: number | undefined };

/** An action with when it began and ended, by one clock of all. */
export interface Step {
  readonly action: Action;
  readonly from: number;
  /** Infinity: how it ended is not known, so it may happen at any time from `from` on, or never. */
  readonly until: number;
}

type State = string | undefined;

/** What is there after an action, or `refused` where it would not have been answered so. */
const refused = Symbol('refused');

function apply(state: State, action: Action): State | typeof refused {
  switch (action.kind) {
    case 'get':
      return state === action.value ? state : refused;
    case 'set':
      return action.value;
    case 'swap': {
      const fits = state === action.from;
      if (action.swapped !== undefined && action.swapped !== fits) return refused;
      return fits ? action.value : state;
    }
    case 'add': {
      const sum = Number(state ?? 0) + action.delta;
      return action.sum === undefined || action.sum === sum ? String(sum) : refused;
    }
  }
}

/** Tries, of all histories; one that needs more is too long for this search. */
const mostTries = 2_000_000;

/**
 * Whether the steps on one key, where nothing was at first, can be put in one order in which each comes between its beginning
 * and its end and is answered as it was: the search of Wing and Gong, which tries no state twice.
 *
 * @returns undefined where they can; otherwise the step that no order gets past, of the order that got furthest
 * @throws {Error} where the history is too long to tell
 */
export function findContradiction(history: readonly Step[]): Step | undefined {
  const known = history.filter(({ until }) => until < Infinity).toSorted((a, b) => a.until - b.until);
  // Those come last: in most orders what nobody saw did not happen.
  const steps = [...known, ...history.filter(({ until }) => until === Infinity)];
  const done = new Uint8Array(steps.length);
  const seen = new Set<string>();
  let tries = 0;
  let furthest = -1;

  /** @param first the first of the known that is not done; all before it are */
  function search(first: number, state: State): boolean {
    while (first < known.length && done[first] === 1) first++;
    if (first === known.length) return true;
    furthest = Math.max(furthest, first);
    const ahead: number[] = [];
    for (let at = first; at < steps.length; at++) if (done[at] === 1) ahead.push(at);
    const place = JSON.stringify([first, state, ahead]);
    if (seen.has(place)) return false;
    seen.add(place);
    // Whatever began after this one's end comes after it.
    const end = known[first]!.until;
    for (let at = first; at < steps.length; at++) {
      if (done[at] === 1 || steps[at]!.from > end) continue;
      const after = apply(state, steps[at]!.action);
      if (after === refused || (at >= known.length && after === state)) continue;
      if (++tries > mostTries) throw new Error(`${history.length} steps are too many to be put in order`);
      done[at] = 1;
      if (search(first, after)) return true;
      done[at] = 0;
    }
    return false;
  }

  return search(0, undefined) ? undefined : known[furthest];
}
