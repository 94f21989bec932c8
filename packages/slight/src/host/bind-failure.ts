import { CapabilityError } from '../capabilities/core/error.ts';
import { describeComplaint } from '../slightfile/complaint.ts';
import type { Bind, Slightfile } from '../slightfile/model.ts';
import { parsePlace } from '../slightfile/place.ts';

/** Of a bind that could not be checked or opened. @throws `reason` where it is no `CapabilityError` */
export function describeBindFailure(
  file: Pick<Slightfile, 'path'>,
  { position, bind }: Bind,
  reason: unknown,
): string {
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
