import type { AbortSignal } from '../abort.ts';
import { Body } from './body.ts';
import type { BodySource } from './body.ts';
import { Headers } from './headers.ts';
import type { HeadersSource } from './headers.ts';

export interface RequestInit {
  readonly method?: string;
  readonly headers?: HeadersSource;
  readonly body?: BodySource;
  readonly signal?: AbortSignal | null;
  /** What `fetch` does with an answer that leads elsewhere. Default `follow`; `manual` gives that answer. */
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** A body in pieces is sent before the answer is read; other platforms want to be told. */
  readonly duplex?: 'half';
}

/** A request, by the Fetch Standard. */
export class Request extends Body {
  /** Upper case for the standard methods. */
  readonly method: string;
  /** As it was given: an absolute URL. */
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';

  /** @throws {TypeError} for a URL that is not absolute, or a GET or HEAD with a body */
  constructor(input: string | { readonly href: string } | Request, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined;
    super(init.body ?? from);
    this.method = normalizeMethod(init.method ?? from?.method ?? 'GET');
    this.url = from?.url ?? (typeof input === 'string' ? input : (input as { href: string }).href);
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(this.url))
      throw new TypeError(`${JSON.stringify(this.url)} is no absolute URL`);
    if (init.body !== undefined && init.body !== null && /^(GET|HEAD)$/.test(this.method))
      throw new TypeError(`a ${this.method} request has no body`);
    this.headers = new Headers(init.headers ?? from?.headers);
    if (this.bodyType !== undefined && !this.headers.has('content-type'))
      this.headers.set('content-type', this.bodyType);
    this.signal = init.signal ?? from?.signal ?? undefined;
    this.redirect = init.redirect ?? from?.redirect ?? 'follow';
  }

  /** @throws {TypeError} where the body has been read, or comes in pieces */
  clone(): Request {
    this.requireWhole();
    return new Request(this);
  }
}

function normalizeMethod(method: string): string {
  const upper = method.toUpperCase();
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
}
