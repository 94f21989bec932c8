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
  /**
   * It was heard with all that came before, or was said again. What only lay at the server when this member came may be one that
   * does not count.
   */
  readonly sure: boolean;
}

/** Tokens of a message that a member remembers. */
const longestPast = 8;

/** Whether a claim counts where `current` has counted until now. */
export function follows(claim: Claim, current: Current | undefined, retained: boolean): boolean {
  if (claim.before === (current?.token ?? '') || claim.token === current?.token) return true;
  // Who has just come takes what there is: where that is no claim that counts, another says so.
  if (current === undefined) return retained || claim.again === true;
  // It follows one that was never heard of: so what lay at the server was one that does not count.
  const unheard = claim.before !== current.before && !current.past.includes(claim.before);
  if (!current.sure && !retained && claim.before !== '' && unheard) return true;
  // What is said again may come late: then it is known what came after it.
  return claim.again === true && !current.past.includes(claim.token);
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
    const sure = !retained && (claim.before === '' || claim.again === true);
    return { ...claim, heard: now, past: [], authored, sure };
  }
  const sure = claim.again === true || (current.sure && !retained);
  if (claim.token === current.token) {
    // To hear of it once more makes its lease no longer.
    const heard = retained || claim.again ? current.heard : now;
    return {
      ...claim,
      heard,
      past: current.past,
      authored: authored || current.authored,
      sure: sure || current.sure,
    };
  }
  const past = [...current.past.slice(1 - longestPast), current.token];
  return { ...claim, heard: now, past, authored, sure };
}
