import type { CallOptions, Instance } from '@spiderlightning/component';
import type { HttpRequest, HttpResponse } from '../../triggers/http-message.ts';

/** What an app exports to be served over HTTP. */
export const httpHandler = 'spiderlightning:cloud/http-handler@0.6.0';

/**
 * Hands one request to the guest. The request record of WIT is the trigger's own; so is the response, whose values
 * are of the right types but otherwise unchecked.
 * @throws {Trap}
 */
export async function handleRequest(
  instance: Instance,
  request: HttpRequest,
  options: CallOptions,
): Promise<HttpResponse> {
  return (await instance.call(`${httpHandler}#handle`, [request], options)) as HttpResponse;
}
