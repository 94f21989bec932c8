import { CapabilityError } from '../error.ts';
import { findHost } from './host.ts';

let captured = false;

/**
 * From now on what apps under test ask of other servers is answered by their tests; what others ask goes out as before.
 */
export function captureFetch(): void {
  if (captured) return;
  captured = true;
  const before = globalThis.fetch;
  globalThis.fetch = async (input, init = {}) => {
    const host = findHost();
    if (host === undefined) return await before(input, init);
    // Node wants to be told how a body in pieces is sent.
    const request = new Request(input, { ...init, duplex: 'half' } as RequestInit);
    if (host.fetch !== undefined) return await host.fetch(request);
    throw new CapabilityError({
      code: 'permission-denied',
      message: `outgoing HTTP to ${new URL(request.url).origin} was not granted; testApp(app, { fetch }) answers it`,
      retryable: false,
      outcome: 'none',
    });
  };
}
