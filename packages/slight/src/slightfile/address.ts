/** Where a server listens. Port 0 lets the system pick one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`: `127.0.0.1:3000`, `localhost:0`, `[::1]:3000`. Undefined where the text is none. The host of an
 * IPv6 address comes without brackets.
 */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: match[1] ?? match[2]!, port };
}

/** What of a text keeps it from being an address, without quoting it, and what to write. */
export function explainAddress(text: string): { readonly found: string; readonly fix: string } {
  if (text === '')
    return { found: 'an empty text', fix: 'write a host, a colon and a port, such as 127.0.0.1:3000' };
  if (text.includes('/'))
    return { found: 'a URL', fix: 'write its host and port alone, such as 127.0.0.1:3000' };
  if (/^:?\d+$/.test(text))
    return { found: 'a port without a host', fix: 'write the host before it, such as 127.0.0.1:3000' };
  if (!text.startsWith('[') && text.split(':').length > 2)
    return {
      found: 'an IPv6 address without brackets',
      fix: 'write brackets around it, such as [::1]:3000',
    };
  const [, host = '', port] = /^(\[.*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (parseAddress(`${host}:0`) === undefined)
    return text.startsWith('[')
      ? {
          found: 'brackets around what is no IPv6 address',
          fix: 'write an IPv6 address in them, such as [::1]:3000, or a name without them',
        }
      : {
          found: 'a host that is neither a name nor an IP address',
          fix: 'write a host, a colon and a port: 127.0.0.1:3000 for this machine alone, 0.0.0.0:3000 for every network',
        };
  if (port === undefined || port === '')
    return {
      found: 'a host without a port',
      fix: 'write a colon and the port behind it, such as 127.0.0.1:3000',
    };
  return {
    found: /^\d+$/.test(port) ? 'a port above 65535' : 'a port that is no whole number',
    fix: 'write a port from 0 to 65535; 0 picks a free one',
  };
}

/** The text that `parseAddress` reads. */
export function printAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
