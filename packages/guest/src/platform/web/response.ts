import { Body } from './body.ts';
import type { BodySource } from './body.ts';
import { Headers } from './headers.ts';
import type { HeadersSource } from './headers.ts';

export interface ResponseInit {
  /** 200 to 599. Default 200. */
  readonly status?: number;
  readonly statusText?: string;
  readonly headers?: HeadersSource;
}

/** What came from a server. */
export interface Received {
  readonly status: number;
  readonly headers: HeadersSource;
  readonly url: string;
  readonly redirected: boolean;
}

/** The answer of a server, whatever its status. */
export let toResponse: (body: BodySource, received: Received) => Response;

/** An answer, by the Fetch Standard. A handler may give one back, which is sent when its body has come whole. */
export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Where it came from; empty where it was made here. */
  readonly url: string = '';
  /** Whether the server that was asked led to another one. */
  readonly redirected: boolean = false;

  static {
    toResponse = (body, { headers, ...received }) => Object.assign(new Response(body, { headers }), received);
  }

  constructor(body?: BodySource | Body, init: ResponseInit = {}) {
    super(body);
    const status = init.status ?? 200;
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError(`a Response has a status from 200 to 599, not ${status}`);
    const given = body !== undefined && body !== null && !(body instanceof Body);
    if (given && [204, 205, 304].includes(status))
      throw new TypeError(`a Response with status ${status} has no body`);
    this.status = status;
    this.statusText = init.statusText ?? '';
    this.headers = new Headers(init.headers);
    if (this.bodyType !== undefined && !this.headers.has('content-type'))
      this.headers.set('content-type', this.bodyType);
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** @throws {TypeError} where the body has been read, or comes in pieces */
  clone(): Response {
    this.requireWhole();
    return new Response(this, { status: this.status, statusText: this.statusText, headers: this.headers });
  }

  /** @throws {TypeError} for a value that has no form in JSON */
  static json(value: unknown, init: ResponseInit = {}): Response {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`${typeof value} has no form in JSON`);
    const response = new Response(text, init);
    if (!new Headers(init.headers).has('content-type'))
      response.headers.set('content-type', 'application/json');
    return response;
  }

  static redirect(location: string | { readonly href: string }, status = 302): Response {
    if (![301, 302, 303, 307, 308].includes(status))
      throw new RangeError(`a redirect has the status 301, 302, 303, 307 or 308, not ${status}`);
    return new Response(null, { status, headers: { location: String(location) } });
  }
}
