import { withHeader } from './answer.ts';
import type { Answer } from './answer.ts';
import type { GuestRequest } from './request.ts';

export interface CookieOptions {
  /** Seconds that the client keeps it; 0 removes it. Default: until the browser is closed. */
  readonly maxAge?: number;
  /** Default `/`: the whole app. */
  readonly path?: string;
  /** Subdomains get it too. Default: only the host that set it. */
  readonly domain?: string;
  /** Out of reach for scripts of a page. Default true. */
  readonly httpOnly?: boolean;
  /** Sent over HTTPS only; browsers count `http://localhost` as safe. Default true. */
  readonly secure?: boolean;
  /**
   * Whether requests that other sites cause carry it. Default `lax`: only where a user follows a link. `none` needs
   * `secure`.
   */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  /** One cookie for each site that embeds the app; needs `secure`. Default false. */
  readonly partitioned?: boolean;
}

/** Bytes of name and value that browsers keep. */
const mostBytes = 4096;

/** A cookie that the client sent, decoded; the first, where several have that name. */
export function readCookie(req: GuestRequest<any>, name: string): string | undefined {
  return readCookies(req).get(name);
}

/** All cookies that the client sent. */
export function readCookies(req: GuestRequest<any>): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const header of req.headers.getAll('cookie'))
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(equals, 0)).trim();
      if (name !== '' && !cookies.has(name)) cookies.set(name, decode(pair.slice(equals + 1).trim()));
    }
  return cookies;
}

/**
 * The same answer, and with it a cookie: `withCookie(json(user), '__Host-session', id, { maxAge: 3600 })`. Any text
 * may be its value.
 * @throws {TypeError} for what browsers would refuse
 */
export function withCookie(answer: Answer, name: string, value: string, options: CookieOptions = {}): Answer {
  return withHeader(answer, 'set-cookie', writeCookie(name, value, options));
}

/** The same answer, and with it the wish that the client forgets a cookie: with the path and domain that set it. */
export function withoutCookie(
  answer: Answer,
  name: string,
  options: Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'partitioned'> = {},
): Answer {
  return withCookie(answer, name, '', { ...options, maxAge: 0 });
}

function writeCookie(name: string, value: string, options: CookieOptions): string {
  const {
    maxAge,
    path = '/',
    domain,
    httpOnly = true,
    secure = true,
    sameSite = 'lax',
    partitioned,
  } = options;
  const refuse = (why: string) => new TypeError(`the cookie ${JSON.stringify(name)} ${why}`);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw refuse('has a name that no cookie can have');
  for (const [what, text] of [
    ['path', path],
    ['domain', domain ?? ''],
  ] as const)
    if (/[;\x00-\x1f\x7f]/.test(text)) throw refuse(`has a ${what} with a character that ends it`);
  if (!path.startsWith('/')) throw refuse('has a path that does not begin with a slash');
  if (maxAge !== undefined && !Number.isInteger(maxAge))
    throw refuse(`has a maxAge of ${maxAge}: whole seconds`);
  if (!secure && (sameSite === 'none' || partitioned === true || /^__(Host|Secure)-/.test(name)))
    throw refuse('must be secure: sameSite none, partitioned, __Host- and __Secure- mean nothing else');
  if (name.startsWith('__Host-') && (path !== '/' || domain !== undefined))
    throw refuse('must have the path / and no domain: __Host- means that');
  const pair = `${name}=${encodeURIComponent(value.toWellFormed())}`;
  if (pair.length > mostBytes)
    throw refuse(
      `has ${pair.length} bytes; browsers keep ${mostBytes}. Keep the value in a store, and its key here`,
    );
  return [
    pair,
    ...(maxAge === undefined ? [] : [`Max-Age=${Math.max(maxAge, 0)}`]),
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
    `SameSite=${sameSite.charAt(0).toUpperCase()}${sameSite.slice(1)}`,
    ...(partitioned === true ? ['Partitioned'] : []),
  ].join('; ');
}

/** What `withCookie` wrote, or the text itself where something else wrote it. */
function decode(text: string): string {
  const value = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
