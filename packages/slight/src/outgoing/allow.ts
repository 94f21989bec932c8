import { isIP } from 'node:net';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { HostRule } from '../slightfile/model.ts';
import { classifyAddress } from './address.ts';
import type { AddressKind } from './address.ts';

/**
 * What addresses a server may have: `public` ones; `private`, also those of networks that are not the Internet and of this
 * machine; `literal`: the address itself is listed.
 */
export type Reach = 'public' | 'private' | 'literal';

/** How far the rules let the app go to this origin; undefined: not at all. */
export function findReach(rules: readonly HostRule[], url: URL): Reach | undefined {
  const fitting = rules.filter((rule) => matches(rule, url));
  if (fitting.length === 0) return undefined;
  if (!fitting.some((rule) => rule.kind === 'origin' && rule.private)) return 'public';
  return isIP(bareHost(url)) === 0 ? 'private' : 'literal';
}

function matches(rule: HostRule, url: URL): boolean {
  switch (rule.kind) {
    case 'any':
      return true;
    case 'origin':
      return rule.origin === url.origin;
    case 'subdomains':
      return (
        rule.scheme === url.protocol &&
        rule.port === url.port &&
        url.hostname.endsWith(rule.suffix) &&
        url.hostname.length > rule.suffix.length
      );
  }
}

/** Whether a server within that reach may have this address. */
export function mayHave(reach: Reach, kind: AddressKind): boolean {
  switch (kind) {
    case 'public':
      return true;
    case 'private':
    case 'loopback':
      return reach !== 'public';
    case 'link-local':
    case 'metadata':
    case 'reserved':
      return reach === 'literal';
    case 'multicast':
    case 'unspecified':
      return false;
  }
}

/** The host without the brackets of IPv6. */
export function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/**
 * The URL that a guest names.
 * @throws {CapabilityError} `invalid-argument`
 */
export function readUrl(text: string): URL {
  const url = text.length > longestUrl ? null : URL.parse(text);
  if (url === null)
    throw invalid(
      `outgoing HTTP: the URL is none, or longer than ${longestUrl} characters. It reads https://HOST/PATH`,
    );
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw invalid(`outgoing HTTP: ${url.protocol} is not spoken here. Use https: or http:`);
  if (url.username !== '' || url.password !== '')
    throw invalid(
      `outgoing HTTP to ${url.origin}: the URL has a user or password. Send them in the header authorization`,
    );
  url.hash = '';
  return url;
}

const longestUrl = 16 * 1024;

/**
 * How far the app may go to the URL's origin.
 * @param path - of the slightfile, for messages
 * @throws {CapabilityError} `permission-denied`, with the line to add
 */
export function requireReach(rules: readonly HostRule[], url: URL, path: string): Reach {
  const reach = findReach(rules, url);
  if (reach !== undefined) return reach;
  throw denied(
    `outgoing HTTP to ${url.origin} was not granted to this app. Add "${url.origin}" to the list hosts below [outgoing] in ${path}`,
  );
}

/**
 * Whether a server of that origin may have these addresses, all of them.
 * @throws {CapabilityError} `permission-denied`. The guest does not learn the address
 */
export function checkAddresses(url: URL, reach: Reach, addresses: readonly string[], path: string): void {
  for (const address of addresses) {
    const kind = classifyAddress(address);
    if (mayHave(reach, kind)) continue;
    throw denied(`outgoing HTTP to ${url.origin}: ${explain(url, kind, path)}`);
  }
}

function explain(url: URL, kind: AddressKind, path: string): string {
  const what = `${kind === 'unspecified' ? 'an' : 'a'} ${kind} address`;
  if (kind === 'multicast' || kind === 'unspecified') return `it has ${what}, which no server has`;
  const literal = isIP(bareHost(url)) !== 0;
  if (literal)
    return `this is ${what}. Where it is meant, list it in [outgoing] in ${path}: hosts = ["${url.origin}"]`;
  if (kind === 'private' || kind === 'loopback')
    return `its name leads to ${what}. Where that is meant, say so in [outgoing] in ${path}: hosts = [{ host = "${url.origin}", private = true }]`;
  return `its name leads to ${what}. Where that is meant, list the address itself in [outgoing] in ${path}`;
}

function denied(message: string): CapabilityError {
  return new CapabilityError('permission-denied', message);
}

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}
