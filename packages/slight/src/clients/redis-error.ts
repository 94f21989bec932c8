import { CapabilityError } from '../capabilities/core/error.ts';

/** The reasons of Redis, by the first word of its answer. Where one is given, the command did not run. */
const replies: {
  readonly [word: string]: readonly [ConstructorParameters<typeof CapabilityError>[0], string];
} = {
  WRONGPASS: ['unauthenticated', 'Correct the user and password in the bind'],
  // An `@` or `//` here would make the mask of credentials swallow the sentence.
  NOAUTH: ['unauthenticated', 'The server wants a password: put it into the bind'],
  NOPERM: ['permission-denied', "Widen this user's rights with ACL SETUSER"],
  WRONGTYPE: ['precondition-failed', 'The key holds another type of Redis; use another key'],
  OOM: ['resource-exhausted', "The server's maxmemory is used up"],
  LOADING: ['unavailable', 'It is reading its data from the disk'],
  BUSY: ['unavailable', 'It is busy with a script'],
  READONLY: ['unavailable', 'It is a replica: bind the primary, or its sentinels'],
  MASTERDOWN: ['unavailable', 'Its primary is away'],
  CLUSTERDOWN: ['unavailable', 'The cluster is not complete'],
  TRYAGAIN: ['unavailable', 'The cluster is moving this key'],
  MISCONF: ['unavailable', 'It cannot write its data to the disk'],
  NOREPLICAS: ['unavailable', 'It has too few replicas to take writes'],
  MOVED: ['unsupported', 'This is one node of a cluster of several: let the bind begin with redis+cluster'],
};

/**
 * An error of ioredis as ours. The original is no `cause`, since it carries the command with its arguments: values,
 * or a password.
 */
export function explainRedis(error: Error): CapabilityError {
  if (error instanceof CapabilityError) return error;
  if (error.name === 'ReplyError') {
    const word = /^[A-Z]+/.exec(error.message)?.[0] ?? '';
    const [code, fix] = replies[word] ?? ['internal', ''];
    // What follows repeats the arguments.
    const said = error.message.replace(/,? with args beginning.*/s, '').replace(/\.$/, '');
    return new CapabilityError(code, `Redis refused: ${said}${fix && `. ${fix}`}`, { detail: word });
  }
  if (error.message.startsWith("Stream isn't writeable")) return unreachable(error);
  return new CapabilityError('unavailable', 'the connection broke before the server answered', {
    outcome: 'unknown',
  });
}

/** Nothing was sent: a server cannot be reached. */
export function unreachable(trouble: Error): CapabilityError {
  if (trouble instanceof CapabilityError) return trouble;
  const refused = trouble.name === 'ReplyError' ? explainRedis(trouble) : undefined;
  if (refused !== undefined && refused.code !== 'internal') return refused;
  return new CapabilityError('unavailable', `the server cannot be reached: ${reason(trouble)}`);
}

/** Where a name has several addresses, the reasons stand one floor below. */
function reason(trouble: Error): string {
  // The library would have it reported to its authors.
  if (/RESP type/.test(trouble.message)) return 'what answers there does not speak Redis';
  if (trouble instanceof AggregateError)
    return trouble.errors.map((error: Error) => error.message).join('; ');
  return trouble.message;
}
