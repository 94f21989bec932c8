import { CapabilityError } from '../capabilities/core/error.ts';

const knownMethods = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'QUERY',
]);

/** Any other method is `_OTHER`: whoever sends requests must not choose how many names there are. */
export function nameMethod(method: string): string {
  return knownMethods.has(method) ? method : '_OTHER';
}

/** Messages may say more than the operator of a collector should know: the code alone is recorded. */
export function codeOf(error: unknown): string {
  return error instanceof CapabilityError ? error.code : 'internal';
}
