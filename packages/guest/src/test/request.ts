import type { Request } from 'spiderlightning:cloud/http-types@0.6.0';

/** How an app is asked. At most one of `json`, `form` and `body`. */
export interface TestRequest {
  /** Default GET, or POST with a body. */
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Sent as JSON, with its content-type. */
  readonly json?: unknown;
  /** Sent as a page's form; with a `FormData`, as one that has files. */
  readonly form?: { readonly [name: string]: string } | FormData;
  readonly body?: string | Uint8Array;
  /** Address of the client. Default 127.0.0.1. */
  readonly remote?: string;
}

/** The request as a host would hand it over. */
export async function writeRequest(path: string, how: TestRequest, id: string): Promise<Request> {
  const given = (['json', 'form', 'body'] as const).filter((name) => how[name] !== undefined);
  if (given.length > 1) throw new TypeError(`a request has one body, not ${given.join(' and ')}`);
  const url = new URL(path, 'http://localhost');
  url.hash = '';
  const headers = new Headers(how.headers);
  if (!headers.has('host')) headers.set('host', url.host);
  const { bytes, type } = await writeBody(how);
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type);
  return {
    method: (how.method ?? (given.length > 0 ? 'POST' : 'GET')).toUpperCase(),
    url: url.href,
    headers: [...headers],
    body: { tag: 'bytes', val: bytes },
    remote: how.remote ?? '127.0.0.1',
    id,
  };
}

async function writeBody({ json, form, body }: TestRequest): Promise<{ bytes: Uint8Array; type?: string }> {
  const encode = (text: string) => new TextEncoder().encode(text);
  if (json !== undefined) return { bytes: encode(JSON.stringify(json)), type: 'application/json' };
  if (form !== undefined) {
    // The platform writes forms, with their boundary.
    const written = new Response(form instanceof FormData ? form : new URLSearchParams(form));
    return { bytes: await written.bytes(), type: written.headers.get('content-type') ?? '' };
  }
  if (typeof body === 'string') return { bytes: encode(body), type: 'text/plain;charset=UTF-8' };
  return { bytes: body ?? new Uint8Array(0) };
}
