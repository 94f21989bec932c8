import { parsePlace } from '../../slightfile/place.ts';

/**
 * The bind as it may be shown: scheme, hosts, ports and path; never credentials, a query or a fragment. Text that is
 * no URL keeps its scheme alone, because nobody knows where in it a password stands; so does one with an `@` past
 * the host, where a password with a `/` may have made the user look like a host.
 */
export function redactUrl(bind: string | URL): string {
  const text = String(bind);
  const scheme = /^[a-z][a-z0-9+.-]*/i.exec(text)?.[0];
  if (text === scheme) return text;
  const { url, hosts } = parsePlace(text) ?? {};
  if (url === undefined || (url.pathname + url.search + url.hash).includes('@')) {
    return scheme === undefined ? '***' : `${scheme}:***`;
  }
  // A path on this machine holds no credential.
  if (/^file(system)?:$/.test(url.protocol) && url.host === '') {
    // A URL would make `file:./a` absolute.
    return `${url.protocol}${text.startsWith('file:') ? text.slice(5).replace(/[?#].*/s, '') : url.pathname}`;
  }
  if (url.host === '') return `${url.protocol}${/^\/*$/.test(url.pathname) ? '' : '***'}`;
  return `${url.protocol}//${hosts!.join(',')}${url.pathname === '/' ? '' : url.pathname}`;
}
