import type { HostInterface } from '@spiderlightning/component';
import { BodyFailure } from '../../triggers/http-message.ts';
import type { IncomingBody } from '../../triggers/http-message.ts';

/** What an app imports that reads bodies as they come. */
export const httpBody = 'spiderlightning:cloud/http-body@0.6.0';

const largestRead = 1024 * 1024;

const codes: { readonly [Reason in BodyFailure['reason']]: string } = {
  'too-large': 'resource-exhausted',
  'too-slow': 'timeout',
  'broken-off': 'aborted',
};

/** `spiderlightning:cloud/http-body`. `current` gives the body of the request that is being answered. */
export function httpBodyInterface(current: () => IncomingBody | undefined): HostInterface {
  return {
    async read(max: number) {
      const body = current();
      if (body === undefined) return failed('not-found', 'no body of this request is on its way');
      if (max === 0) return failed('invalid-argument', 'read takes at least one byte');
      try {
        return { tag: 'ok', val: await body.read(Math.min(max, largestRead)) };
      } catch (error) {
        if (!(error instanceof BodyFailure)) throw error;
        return failed(codes[error.reason], error.message);
      }
    },
  };
}

function failed(code: string, message: string) {
  return { tag: 'err', val: { code, message, retryable: false, outcome: 'none' } };
}
