import type { CallOptions, Instance } from '@spiderlightning/component';
import type { Hold, HttpRequest, HttpResponse } from '../../triggers/http-message.ts';

/** What an app exports to be served over HTTP. */
export const httpHandler = 'spiderlightning:cloud/http-handler@0.6.0';
/** What it exports besides to answer with bodies that it makes piece by piece. */
export const httpStream = 'spiderlightning:cloud/http-stream@0.6.0';

/** An answer as a guest gives it: values of the right types, otherwise unchecked. */
export interface GuestResponse extends Omit<HttpResponse, 'body'> {
  /** `stream`: `nextPiece` asks for it. */
  readonly body: Uint8Array | Hold | 'stream';
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

/**
 * Hands one request to the guest.
 * @throws {Trap}
 */
export async function handleRequest(
  instance: Instance,
  request: HttpRequest,
  options: CallOptions,
): Promise<GuestResponse> {
  const { body } = request;
  const lowered = body instanceof Uint8Array ? { tag: 'bytes', val: body } : { tag: 'stream' };
  const answer = (await instance.call(
    `${httpHandler}#handle`,
    [{ ...request, body: lowered }],
    options,
  )) as Omit<GuestResponse, 'body'> & { readonly body: WitBody };
  return { status: answer.status, headers: answer.headers, body: liftBody(answer.body) };
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
  if (body.tag === 'stream') return 'stream';
  const { kind, channels, context, events } = body.val;
  const protocol: Hold['protocol'] =
    kind.tag === 'websocket'
      ? { name: 'websocket', subprotocol: kind.val }
      : { name: 'event-stream', retryMs: kind.val };
  return { kind: 'hold', protocol, channels, context, events };
}
