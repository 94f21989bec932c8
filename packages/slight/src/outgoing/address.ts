import { isIP } from 'node:net';

/** What an address is good for. Only `public` ones are other people's servers. */
export type AddressKind =
  | 'public'
  /** Of a network that is not the Internet. */
  | 'private'
  /** Of this machine. */
  | 'loopback'
  | 'link-local'
  /** Where clouds give credentials to whoever asks. */
  | 'metadata'
  | 'multicast'
  /** Leads to this machine on many systems. */
  | 'unspecified'
  /** For documentation, tests, tunnels and the future. */
  | 'reserved';

type Range = readonly [kind: AddressKind, network: string, bits: number];

/** The first that fits counts. The registries are those of IANA for special-purpose addresses. */
const ranges4: readonly Range[] = [
  ['metadata', '169.254.169.254', 32],
  ['metadata', '169.254.170.2', 32],
  ['metadata', '169.254.170.23', 32],
  ['metadata', '100.100.100.200', 32],
  ['metadata', '168.63.129.16', 32],
  ['metadata', '192.0.0.192', 32],
  ['unspecified', '0.0.0.0', 8],
  ['private', '10.0.0.0', 8],
  ['private', '100.64.0.0', 10],
  ['loopback', '127.0.0.0', 8],
  ['link-local', '169.254.0.0', 16],
  ['private', '172.16.0.0', 12],
  ['reserved', '192.0.0.0', 24],
  ['reserved', '192.0.2.0', 24],
  ['reserved', '192.88.99.0', 24],
  ['private', '192.168.0.0', 16],
  ['reserved', '198.18.0.0', 15],
  ['reserved', '198.51.100.0', 24],
  ['reserved', '203.0.113.0', 24],
  ['multicast', '224.0.0.0', 4],
  ['reserved', '240.0.0.0', 4],
];

const ranges6: readonly Range[] = [
  ['unspecified', '::', 128],
  ['loopback', '::1', 128],
  ['metadata', 'fd00:ec2::254', 128],
  ['metadata', 'fd00:ec2::23', 128],
  ['metadata', 'fd20:ce::254', 128],
  ['private', 'fc00::', 7],
  ['private', 'fec0::', 10],
  ['link-local', 'fe80::', 10],
  ['multicast', 'ff00::', 8],
  ['reserved', '2001::', 23],
  ['reserved', '2001:db8::', 32],
  ['reserved', '3fff::', 20],
  // All that the Internet uses so far.
  ['public', '2000::', 3],
];

/** Addresses that stand for one of IPv4, which they hold from that byte on. */
const embedded: readonly (readonly [network: string, bits: number, at: number])[] = [
  ['::ffff:0:0', 96, 12],
  ['::ffff:0:0:0', 96, 12],
  ['::', 96, 12],
  ['64:ff9b::', 96, 12],
  ['2002::', 16, 2],
];

const compile = (ranges: readonly Range[]) =>
  ranges.map(([kind, network, bits]) => ({ kind, network: bytesOf(network)!, bits }));
const known4 = compile(ranges4);
const known6 = compile(ranges6);
const holders = embedded.map(([network, bits, at]) => ({ network: bytesOf(network)!, bits, at }));

/** The kind of an IP address; whatever is none is `reserved`. */
export function classifyAddress(text: string): AddressKind {
  const bytes = bytesOf(text);
  return bytes === undefined ? 'reserved' : classify(bytes);
}

function classify(bytes: Uint8Array): AddressKind {
  const known = bytes.length === 4 ? known4 : known6;
  const exact = known.find(({ network, bits }) => bits === 128 && fits(bytes, network, bits));
  if (exact !== undefined) return exact.kind;
  const inner = findInner(bytes);
  if (inner !== undefined) return classify(inner);
  const found = known.find(({ network, bits }) => fits(bytes, network, bits));
  return found?.kind ?? (bytes.length === 4 ? 'public' : 'reserved');
}

/** An address in one spelling, that of IPv4 where it stands for one: to compare. Undefined for what is none. */
export function normalizeAddress(text: string): string | undefined {
  const bytes = bytesOf(text);
  if (bytes === undefined) return undefined;
  return (findInner(bytes) ?? bytes).join('.');
}

function findInner(bytes: Uint8Array): Uint8Array | undefined {
  // `::` and `::1` lie in the range of the oldest such form, and are none.
  if (bytes.length === 4 || bytes.every((byte, at) => byte === 0 || (at === 15 && byte === 1)))
    return undefined;
  const holder = holders.find(({ network, bits }) => fits(bytes, network, bits));
  return holder && bytes.subarray(holder.at, holder.at + 4);
}

function fits(bytes: Uint8Array, network: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== network[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (bytes[whole]! ^ network[whole]!) >> (8 - rest) === 0;
}

/** The 4 or 16 bytes of an address, without brackets. */
function bytesOf(text: string): Uint8Array | undefined {
  const family = isIP(text);
  if (family === 4) return Uint8Array.from(text.split('.'), Number);
  // A zone says which of this machine's networks is meant: such an address is never public.
  if (family !== 6 || text.includes('%')) return undefined;
  // The parser of URLs leaves one spelling only, without an IPv4 tail.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::', 2);
  const parts = (side: string | undefined) => (side ? side.split(':').map((part) => parseInt(part, 16)) : []);
  const [before, after] = [parts(head), parts(tail)];
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}
