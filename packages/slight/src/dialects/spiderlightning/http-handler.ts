import type { CallOptions, Instance } from '@spiderlightning/component';
import type { Hold, HttpRequest, HttpResponse } from '../../triggers/http-message.ts';
import { readText, writeHead } from './http-text.ts';

/** What an app exports to be served over HTTP. */
export const httpHandler = 'spiderlightning:cloud/http-handler@0.6.0';
/** The same for languages that are interpreted. */
export const httpTextHandler = 'spiderlightning:cloud/http-text-handler@0.6.0';
/** Either of them makes an app one that is served over HTTP. */
export const httpHandlers: readonly string[] = [httpHandler, httpTextHandler];
/** What it exports besides to answer with bodies that it makes piece by piece. */
export const httpStream = 'spiderlightning:cloud/http-stream@0.6.0';

/** An answer as a guest gives it: values of the right types, otherwise unchecked. */
export interface GuestResponse extends Omit<HttpResponse, 'body'> {
  /** `next`: `nextPiece` asks for it. */
  readonly body: Uint8Array | string | Hold | { readonly kind: 'next' };
}

interface WitHold extends Pick<Hold, 'channels' | 'context' | 'events'> {
  readonly kind:
    | { readonly tag: 'event-stream'; readonly val: number | undefined }
    | { readonly tag: 'websocket'; readonly val: string | undefined };
}

type WitBody =
  | { readonly tag: 'bytes'; readonly val: Uint8Array }
  | { readonly tag: 'stream' }
  | { readonly tag: 'hold'; readonly val: WitHold };

interface WitResponse extends Omit<GuestResponse, 'body'> {
  readonly body: WitBody;
}

type WitAnswer =
  | { readonly tag: 'text'; readonly val: string }
  | { readonly tag: 'whole'; readonly val: WitResponse };

/** Hands one request to the guest. */
export type Handle = (
  instance: Instance,
  request: HttpRequest,
  options: CallOptions,
) => Promise<GuestResponse>;

/** Hands a request to a guest that exports `http-handler`. @throws {Trap} */
export const handleRequest: Handle = async (instance, request, options) => {
  const body = lowerBody(request.body);
  return liftResponse(
    (await instance.call(`${httpHandler}#handle`, [{ ...request, body }], options)) as WitResponse,
  );
};

/** Hands a request to a guest that exports `http-text-handler`. @throws {Trap} @throws {HttpFailure} 502 */
export const handleText: Handle = async (instance, request, options) => {
  const { body } = request;
  const none = body instanceof Uint8Array && body.length === 0;
  const args = [writeHead(request), none ? undefined : lowerBody(body)];
  const answer = (await instance.call(`${httpTextHandler}#handle`, args, options)) as WitAnswer;
  return answer.tag === 'text' ? readText(answer.val) : liftResponse(answer.val);
};

function lowerBody(body: HttpRequest['body']) {
  return body instanceof Uint8Array ? { tag: 'bytes', val: body } : { tag: 'stream' };
}

function liftResponse({ status, headers, body }: WitResponse): GuestResponse {
  return { status, headers, body: liftBody(body) };
}

/** What a guest gives of a body: more, its end, or that it failed. */
export type Piece =
  | { readonly tag: 'bytes'; readonly val: Uint8Array }
  | { readonly tag: 'end' }
  | { readonly tag: 'failed' };

/**
 * The next piece of the body that the guest answered with.
 * @throws {Trap}
 */
export async function nextPiece(instance: Instance, options: CallOptions): Promise<Piece> {
  return (await instance.call(`${httpStream}#next`, [], options)) as Piece;
}

function liftBody(body: WitBody): GuestResponse['body'] {
  if (body.tag === 'bytes') return body.val;
  if (body.tag === 'stream') return { kind: 'next' };
  const { kind, channels, context, events } = body.val;
  const protocol: Hold['protocol'] =
    kind.tag === 'websocket'
      ? { name: 'websocket', subprotocol: kind.val }
      : { name: 'event-stream', retryMs: kind.val };
  return { kind: 'hold', protocol, channels, context, events };
}
