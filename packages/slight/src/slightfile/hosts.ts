import type { Field } from './fields.ts';
import { hasPlaceholder } from './interpolate.ts';
import type { HostRule } from './model.ts';
import type { Node } from './tree.ts';

/** What is wrong with one entry of the list: what stands there, in words, and what to do. */
interface Wrong {
  readonly found: string;
  readonly fix: string;
}

const example = '"https://api.example.com"';

/** Servers that an app may ask, as origins in brackets. None of them comes from a variable. */
export function hostsField(doc: string, shown: string): Field<readonly HostRule[]> {
  const expected = 'a list of servers';
  return {
    doc,
    example: shown,
    read(node) {
      if (node.kind !== 'array') return { expected, fix: `write ${shown}` };
      const value: HostRule[] = [];
      for (const item of node.items) {
        const rule = readEntry(item);
        if ('fix' in rule) return { expected, fix: rule.fix, part: { span: item.span, found: rule.found } };
        value.push(rule);
      }
      return { value };
    },
  };
}

function readEntry(node: Node): HostRule | Wrong {
  if (node.kind === 'string') return readHost(node.value, false);
  if (node.kind !== 'table') return { found: 'something else', fix: `write ${example}` };
  const keys = [...node.entries.keys()];
  const host = node.entries.get('host')?.value;
  const open = node.entries.get('private')?.value;
  const known = keys.every((key) => key === 'host' || key === 'private');
  if (!known || host?.kind !== 'string' || (open !== undefined && open.kind !== 'boolean'))
    return {
      found: 'a table of another kind',
      fix: 'write { host = "http://inventory.internal", private = true }',
    };
  return readHost(host.value, open?.value === true);
}

/** One server, or those that a `*` stands for. */
export function readHost(text: string, open: boolean): HostRule | Wrong {
  if (hasPlaceholder(text))
    return { found: 'a text with a variable', fix: `write the server itself, such as ${example}` };
  if (text === '*') return open ? { found: '"*" with private = true', fix: privateFix } : { kind: 'any' };
  const url = /^https?:\/\/[^\s\\]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null)
    return {
      found: 'a text that is no server',
      fix: `write scheme, host and, where it is not the usual one, port: ${example}, "https://*.example.com", "*"`,
    };
  // A question mark or hash without anything behind it is not to be seen in the URL's parts.
  if (url.username !== '' || url.password !== '' || text.includes('@'))
    return {
      found: 'an address with a user or password',
      fix: 'leave it out: the app sends its own headers',
    };
  if (url.pathname !== '/' || /[?#]/.test(text))
    return { found: 'an address with a path', fix: `end it after host and port: "${url.origin}"` };
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]')
    return {
      found: 'an address that no server has',
      fix: `write the one that it has, such as "http://127.0.0.1:9000"`,
    };
  return url.hostname.includes('*') ? readWildcard(url, open) : readOrigin(url, open);
}

const privateFix =
  'name the server itself: only a single server may have a private address, such as { host = "http://inventory.internal", private = true }';

function readWildcard({ protocol, hostname, port }: URL, open: boolean): HostRule | Wrong {
  if (open) return { found: 'a "*" with private = true', fix: privateFix };
  // A "*" before a single label would take in all of a top-level domain.
  if (!/^\*(\.[^.*]+){2,}\.?$/.test(hostname) || hostname.endsWith('.'))
    return {
      found: 'a "*" in another place',
      fix: 'a "*" stands alone, or first and before a domain of at least two parts: "https://*.example.com"',
    };
  return { kind: 'subdomains', scheme: protocol, suffix: hostname.slice(1), port };
}

function readOrigin({ origin, hostname }: URL, open: boolean): HostRule {
  // An address that is written down is meant; so is this machine's own name, which has no other address.
  const literal = /^\[|^\d+(\.\d+){3}$/.test(hostname);
  return { kind: 'origin', origin, private: open || literal || /(^|\.)localhost$/.test(hostname) };
}
