/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot be done, for a reason that whoever wrote it can do something about: exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
