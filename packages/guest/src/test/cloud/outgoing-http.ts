import type { Exchange as WitExchange, Request } from 'spiderlightning:cloud/outgoing-http@0.6.0';
import { witError } from '../wit-error.ts';

/**
 * `spiderlightning:cloud/outgoing-http` in plain Node, where apps have the platform's `fetch`, which `testApp` leads to
 * the test: nobody gets here but who calls the interface itself.
 */
export class Exchange {
  private constructor() {}

  static send(request: Request): WitExchange {
    throw witError(
      'unsupported',
      `outgoing HTTP to ${request.url}: in plain Node only fetch() is there. testApp(app, { fetch }) answers it`,
    );
  }
}

export function wait(_exchanges: WitExchange[], _waitMs: number): number[] {
  return [];
}
