import { Exchange } from '#cloud/outgoing-http';
import type { Request as WitRequest } from 'spiderlightning:cloud/outgoing-http@0.6.0';
import { translateErrors } from '../../error.ts';
import { requireServing } from '../../phase.ts';
import type { AbortSignal } from '../abort.ts';
import { TextEncoder } from '../text.ts';
import { BodyStream } from './body-stream.ts';
import { takeBody } from './body.ts';
import { stopWaiting, whenReady } from './exchange-wait.ts';
import { Request } from './request.ts';
import type { RequestInit } from './request.ts';
import { toResponse } from './response.ts';
import type { Response } from './response.ts';

/** Bytes that are asked for at once. */
const pieceSize = 64 * 1024;

/**
 * Asks another server, one that `[outgoing]` of the slightfile lists. Several requests may be under way:
 * `Promise.all([fetch(a), fetch(b)])`. A request that is not awaited ends with the one that the app answers.
 * @throws {CapabilityError} `permission-denied` (not listed), `unavailable`, `timeout` …: never the TypeError of browsers
 * @throws the reason of `init.signal`, where that is aborted
 */
export function fetch(
  input: string | { readonly href: string } | Request,
  init: RequestInit = {},
): Promise<Response> {
  requireServing('fetch() was called');
  return ask(input, init);
}

async function ask(input: Parameters<typeof fetch>[0], init: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const { signal } = request;
  signal?.throwIfAborted();
  const body = takeBody(request);
  const exchange = translateErrors(() => Exchange.send(toWit(request, body)));
  const life = follow(exchange, signal);
  try {
    if (body !== undefined && !(body instanceof Uint8Array)) await upload(exchange, body, life);
    await whenReady(exchange);
    life.check();
    const { status, headers, url, redirected } = translateErrors(() => exchange.response());
    const received = { status, headers, url, redirected };
    if (request.method !== 'HEAD' && ![204, 205, 304].includes(status))
      return toResponse(download(exchange, life), received);
    life.end();
    return toResponse(null, received);
  } catch (error) {
    life.end();
    throw error;
  }
}

function toWit(request: Request, body: ReturnType<typeof takeBody>): WitRequest {
  const headers = [...request.headers].map(([name, value]): [string, string] => [name, value.toWellFormed()]);
  const add = (name: string, value: string) => request.headers.has(name) || headers.push([name, value]);
  add('accept', '*/*');
  add('user-agent', 'SpiderLightning');
  return {
    method: request.method.toWellFormed(),
    url: request.url.toWellFormed(),
    headers,
    body:
      body === undefined
        ? { tag: 'none' }
        : body instanceof Uint8Array
          ? { tag: 'bytes', val: body }
          : { tag: 'stream' },
    redirect: request.redirect,
    timeoutMs: null,
  };
}

/** An exchange until it is dropped: at its end, or when its signal says so. */
interface Life {
  /** @throws the signal's reason */
  check(): void;
  end(): void;
}

function follow(exchange: Exchange, signal: AbortSignal | undefined): Life {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    signal?.removeEventListener('abort', end);
    stopWaiting(exchange);
    exchange[Symbol.dispose]();
  };
  signal?.addEventListener('abort', end);
  return { check: () => signal?.throwIfAborted(), end };
}

async function upload(
  exchange: Exchange,
  body: AsyncIterable<Uint8Array | string>,
  life: Life,
): Promise<void> {
  const encoder = new TextEncoder();
  for await (const piece of body) {
    life.check();
    translateErrors(() => exchange.write(typeof piece === 'string' ? encoder.encode(piece) : piece));
  }
  life.check();
  translateErrors(() => exchange.finish());
}

function download(exchange: Exchange, life: Life): BodyStream {
  return new BodyStream({
    async next() {
      life.check();
      await whenReady(exchange);
      life.check();
      const piece = translateErrors(() => exchange.read(pieceSize));
      if (piece === null) life.end();
      return piece ?? undefined;
    },
    cancel: life.end,
  });
}
