/**
 * What is written beside a message: who has it, or until when it waits, and how often it was given out. All members of a group
 * hear all claims in one order, that of the server. One counts where `before` is the claim that counted until then; so of several
 * at once the first wins, and everyone knows.
 */
export interface Claim {
  readonly token: string;
  /** The token of the claim before; empty where there was none. */
  readonly before: string;
  readonly attempt: number;
  /** Milliseconds for which somebody has it, from when it is heard; 0: it was given back. */
  readonly lease: number;
  /** Milliseconds since 1970 until which what was given back waits. */
  readonly due: number;
  /** It is not new: whoever has the message says so again, since a later one that does not count has taken its place at the server. */
  readonly again?: true;
}

/** The claim that counts for a message. */
export interface Current extends Claim {
  /** By this process's clock. */
  readonly heard: number;
  /** Tokens that counted before it, the latest at last. */
  readonly past: readonly string[];
  /** It is this member's, whose business it is to say it again. */
  readonly authored: boolean;
  /** Tokens that did not count. */
  readonly strays: readonly string[];
  /** It was heard with all that came before it. What lay at the server when this member came may be one that does not count. */
  readonly sure: boolean;
}

/** Tokens of a message that a member remembers. */
const longestPast = 16;

/** Whether a claim counts where `current` has counted until now. */
export function follows(claim: Claim, current: Current | undefined, retained: boolean): boolean {
  if (claim.before === (current?.token ?? '') || claim.token === current?.token) return true;
  // Who has just come takes what there is: where that is no claim that counts, another says so.
  if (current === undefined) return retained || claim.again === true;
  if (retained) return false;
  const unheard = (token: string): boolean =>
    token !== '' &&
    token !== current.before &&
    !current.past.includes(token) &&
    !current.strays.includes(token);
  // What lay at the server may not count: it follows one of which nothing was heard. Or that was missed.
  if (claim.again !== true) return unheard(claim.before);
  // Who has heard all knows better.
  return current.sure ? unheard(claim.token) : claim.token !== current.before;
}

/** What counts once a claim does. @param authored this member made the claim */
export function succeed(
  claim: Claim,
  current: Current | undefined,
  authored: boolean,
  retained: boolean,
): Current {
  const now = performance.now();
  if (current === undefined) {
    const sure = !retained && claim.before === '' && claim.again !== true;
    return {
      ...claim,
      heard: now,
      past: claim.before === '' ? [] : [claim.before],
      strays: [],
      authored,
      sure,
    };
  }
  const { past, strays } = current;
  if (claim.token === current.token) {
    // To hear of it once more makes its lease no longer.
    const heard = retained || claim.again ? current.heard : now;
    return { ...claim, heard, past, strays, authored: authored || current.authored, sure: current.sure };
  }
  const sure = current.sure && !retained && claim.again !== true && claim.before === current.token;
  // What was thought to come before, or after, may not.
  const known =
    claim.again === true
      ? past.slice(0, Math.max(0, past.indexOf(claim.token)))
      : remember(past, current.token);
  return { ...claim, heard: now, past: known, strays, authored, sure };
}

/** What counts once another claim does not. */
export function reject(claim: Claim, current: Current): Current {
  if (claim.again === true || current.strays.includes(claim.token)) return current;
  return { ...current, strays: remember(current.strays, claim.token) };
}

const remember = (tokens: readonly string[], token: string): string[] => [
  ...tokens.slice(1 - longestPast),
  token,
];
