import { explainAddress, parseAddress } from '../slightfile/address.ts';
import type { Address } from '../slightfile/address.ts';

/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot be done, for a reason that whoever wrote it can do something about: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** The address that an option names. @throws {UsageError} where it names none */
export function readAddress(option: string, text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  const { found, fix } = explainAddress(text);
  throw new UsageError(`${option} '${text}' is no address, HOST:PORT: it is ${found}\n  fix: ${fix}`);
}
