import { explainSqlite } from '../../../clients/sqlite.ts';
import { isBusy, resultCode } from '../../../clients/sqlite-busy.ts';
import { CapabilityError, type ErrorCode } from '../../core/error.ts';
import type { SqlDetail } from '../contract.ts';
import { blankQuotes } from '../statement.ts';
import { largestValue } from '../validate.ts';

/** Extended result codes of broken constraints (https://sqlite.org/rescode.html), with SQLSTATE. */
const constraints: { readonly [code: number]: { readonly code: ErrorCode; readonly state: string } } = {
  2067: { code: 'already-exists', state: '23505' }, // UNIQUE
  1555: { code: 'already-exists', state: '23505' }, // PRIMARY KEY
  2579: { code: 'already-exists', state: '23505' }, // ROWID
  787: { code: 'precondition-failed', state: '23503' }, // FOREIGN KEY
  1811: { code: 'precondition-failed', state: '23000' }, // RAISE in a trigger
  1299: { code: 'invalid-argument', state: '23502' }, // NOT NULL
  275: { code: 'invalid-argument', state: '23514' }, // CHECK
  3091: { code: 'invalid-argument', state: '22000' }, // a type of a STRICT table
};

/**
 * What SQLite threw, as the contract has it.
 * @param text the statement
 * @param denied why the authorizer refused it, where it did
 */
export function explainError(error: unknown, text: string, denied: string | undefined): CapabilityError {
  if (error instanceof CapabilityError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const extended = (error as { errcode?: number } | null)?.errcode;
  const say = (code: ErrorCode, message: string, detail?: SqlDetail | { limit: number }) =>
    new CapabilityError(code, message, { cause: error, detail });
  if (denied !== undefined) {
    return say('permission-denied', `not allowed here: ${denied}`, { state: '42501' });
  }
  const known = extended === undefined ? undefined : constraints[extended];
  if (known !== undefined) {
    const constraint = /failed: (.+)$/.exec(said)?.[1];
    return say(known.code, said, { state: known.state, ...(constraint !== undefined && { constraint }) });
  }
  if (resultCode(error) === 6) {
    return say('precondition-failed', `${said}: rows of it are still being read. Read or close them first`, {
      state: '55006',
    });
  }
  if (isBusy(error)) {
    return new CapabilityError(
      'aborted',
      'another transaction kept the database locked. Nothing was written: try again',
      {
        cause: error,
        detail: { state: '40001' } satisfies SqlDetail,
      },
    );
  }
  switch (resultCode(error)) {
    case 1: // ERROR
      return say('invalid-argument', `${said}${placeOf(said, text)}`, { state: stateOf(said) });
    case 7: // NOMEM
      return say('resource-exhausted', 'the statement takes too much memory');
    case 18: // TOOBIG
      return say('invalid-argument', `${said}. A value and a row have up to 25 MiB, a statement 1 MiB`, {
        limit: largestValue,
      });
    case 19: // CONSTRAINT
      return say('precondition-failed', said, { state: '23000' });
    case 20: // MISMATCH
      return say('invalid-argument', said, { state: '22000' });
  }
  const explained = explainSqlite(error, 'the database');
  if (explained instanceof CapabilityError) return explained;
  if ((error as { code?: string } | null)?.code === 'ERR_INVALID_ARG_VALUE') {
    return say('invalid-argument', 'there is no statement in the text');
  }
  return say('internal', said);
}

function stateOf(said: string): string {
  if (said.startsWith('no such table')) return '42P01';
  if (said.startsWith('no such column')) return '42703';
  if (/syntax error|incomplete input|unrecognized token/.test(said)) return '42601';
  return '42000';
}

/** SQLite says near what it stumbled; where that stands once in the statement, its line and column are known. */
function placeOf(said: string, text: string): string {
  if (said === 'incomplete input') return ': the statement ends too early';
  const word = /^near "(.+)": |^unrecognized token: "(.+)"|^no such \w+: (\S+)/s.exec(said);
  const near = word?.[1] ?? word?.[2] ?? word?.[3];
  if (near === undefined) return '';
  const readable = blankQuotes(text).includes(near) ? blankQuotes(text) : text;
  const at = readable.indexOf(near);
  if (at < 0 || readable.indexOf(near, at + 1) >= 0) return '';
  const lines = text.slice(0, at).split('\n');
  return ` (line ${lines.length}, column ${lines.at(-1)!.length + 1})`;
}
