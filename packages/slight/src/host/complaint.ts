import { readFileSync } from 'node:fs';
import { CapabilityError } from '../capabilities/core/error.ts';
import { printFrame } from '../slightfile/error.ts';
import type { Bind, Position, Slightfile } from '../slightfile/model.ts';
import { parsePlace } from '../slightfile/place.ts';
import { startWithPlace } from './place.ts';

type File = Pick<Slightfile, 'path'>;

/**
 * What is wrong with a line of a slightfile: where, what, the line itself, and what to do about it. Lines of `message` that begin
 * with `  fix: ` say that; others may stand before.
 */
export function describeComplaint(file: File, position: Position | undefined, message: string): string {
  const start = message.search(/^ {2}fix: /m);
  const [what, fix] = start < 0 ? [`${message}\n`, ''] : [message.slice(0, start), message.slice(start)];
  return `${startWithPlace(file, position)}${what}${quoteLine(file, position)}${fix}`.trimEnd();
}

/** Of a bind that could not be checked or opened. @throws `reason` where it is no `CapabilityError` */
export function describeBindFailure(file: File, { position, bind }: Bind, reason: unknown): string {
  if (!(reason instanceof CapabilityError)) throw reason;
  const { message } = reason;
  const whole = /\n {2}fix: /.test(message)
    ? message
    : `${message}\n  fix: ${reason.fix ?? cureOf(reason, bind)}`;
  return describeComplaint(file, position, whole);
}

/** Whether waiting helps: a mistake in the slightfile stays one. */
export function mayComeLater(error: CapabilityError): boolean {
  return error.code === 'unavailable' || error.code === 'timeout' || error.code === 'unauthenticated';
}

function cureOf(reason: CapabilityError, bind: string): string {
  if (reason.code === 'unauthenticated')
    return 'check the user and the password of this bind, or the key that it has in their place';
  if (/certificate/.test(reason.message))
    return 'check the name of the server; where its certificate is your own, name it: NODE_EXTRA_CA_CERTS=ca.pem slight run';
  if (mayComeLater(reason) && !parsePlace(bind)?.url.host)
    return 'see that it is there, and that this user may read and write it; or correct this line';
  if (mayComeLater(reason))
    return 'start that server or correct its address; with start = "degraded" below [app] the app starts without it';
  return 'correct this line';
}

/** The line with its place underlined; empty where there is none. */
function quoteLine({ path }: File, position: Position | undefined): string {
  if (path === undefined || position === undefined) return '';
  try {
    const line = readFileSync(path, 'utf8').split(/\r?\n/)[position.line - 1];
    return line === undefined ? '' : printFrame(line, { width: 1, ...position });
  } catch {
    // The file was read before; that it has gone since is not what went wrong.
    return '';
  }
}
