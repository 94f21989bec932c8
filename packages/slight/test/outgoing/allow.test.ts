import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyAddress } from '../../src/outgoing/address.ts';
import { findReach, mayHave, readUrl } from '../../src/outgoing/allow.ts';
import { printRules } from '../../src/outgoing/rules.ts';
import { parseSlightfile } from '../../src/slightfile/parse.ts';
import { rulesOf } from './server.ts';

const reach = (hosts: Parameters<typeof rulesOf>, url: string) => findReach(rulesOf(...hosts), readUrl(url));

test('a server is what its origin says: scheme, host and port', () => {
  const hosts: Parameters<typeof rulesOf> = ['https://api.example.com', 'http://api.example.com:8080'];
  const allowed = [
    'https://api.example.com/a?b',
    'https://API.Example.com:443/',
    'http://api.example.com:8080/x',
  ];
  for (const url of allowed) assert.equal(reach(hosts, url), 'public', url);
  const denied = [
    'http://api.example.com/',
    'https://api.example.com:8443/',
    'https://api.example.com./',
    'https://example.com/',
    'https://api.example.com.evil.example/',
    'https://evil-api.example.com/',
    'http://api.example.com:80/',
  ];
  for (const url of denied) assert.equal(reach(hosts, url), undefined, url);
});

test('a star stands for the names below a domain', () => {
  const hosts: Parameters<typeof rulesOf> = ['https://*.example.com', 'http://*.example.org:81'];
  for (const url of ['https://a.example.com/', 'https://a.b.example.com/', 'http://a.example.org:81/'])
    assert.equal(reach(hosts, url), 'public', url);
  for (const url of [
    'https://example.com/',
    'https://aexample.com/',
    'https://a.example.com.evil.example/',
    'https://evil.example/.example.com',
    'https://evil.example/?.example.com',
    'https://a.example.com:444/',
    'http://a.example.com/',
    'http://a.example.org/',
  ])
    assert.equal(reach(hosts, url), undefined, url);
});

test('addresses that are written down are meant, names are only where they say so', () => {
  assert.equal(reach(['http://127.0.0.1:9000'], 'http://127.0.0.1:9000/'), 'literal');
  assert.equal(reach(['http://[fd00::7]'], 'http://[FD00:0::7]/'), 'literal');
  assert.equal(reach(['http://localhost:9000'], 'http://localhost:9000/'), 'private');
  assert.equal(reach(['http://inventory.internal'], 'http://inventory.internal/'), 'public');
  assert.equal(reach([{ host: 'http://inventory.internal' }], 'http://inventory.internal/'), 'private');
  assert.equal(reach(['*'], 'http://127.0.0.1:9000/'), 'public');
  // A wider rule takes nothing away from a narrower one.
  assert.equal(reach(['*', { host: 'http://inventory.internal' }], 'http://inventory.internal/'), 'private');
});

test('every spelling of an address is that address', () => {
  for (const url of [
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
  ])
    assert.equal(reach(['http://127.0.0.1'], url), 'literal', url);
});

/** What the matcher must not go beyond, written another way: on the text, label by label. */
function simplyAllowed(entries: readonly string[], url: string): boolean {
  const [, scheme, host, port] = /^(https?):\/\/([^/:?#]+)(?::(\d+))?(?:[/?#]|$)/.exec(url)!;
  const usual = scheme === 'https' ? '443' : '80';
  return entries.some((entry) => {
    if (entry === '*') return true;
    const [, itsScheme, itsHost, itsPort] = /^(https?):\/\/([^:]+)(?::(\d+))?$/.exec(entry)!;
    if (itsScheme !== scheme || (itsPort ?? usual) !== (port ?? usual)) return false;
    const [wanted, given] = [itsHost!.split('.'), host!.split('.')];
    if (wanted[0] !== '*') return wanted.join('.') === given.join('.');
    const below = given.slice(-(wanted.length - 1));
    return given.length >= wanted.length && below.join('.') === wanted.slice(1).join('.');
  });
}

test('the matcher allows what a simple reference allows, and nothing else', () => {
  // Few labels and ports, so that names meet.
  const label = fc.constantFrom('a', 'ab', 'b');
  const name = fc.array(label, { minLength: 2, maxLength: 3 }).map((labels) => labels.join('.'));
  const port = fc.constantFrom('', ':80', ':443');
  const scheme = fc.constantFrom('http://', 'https://');
  const entry = fc.oneof(
    { weight: 1, arbitrary: fc.constant('*') },
    { weight: 8, arbitrary: fc.tuple(scheme, name, port).map((parts) => parts.join('')) },
    { weight: 8, arbitrary: fc.tuple(scheme, name, port).map(([s, n, p]) => `${s}*.${n}${p}`) },
  );
  const url = fc
    .tuple(scheme, name, port, fc.constantFrom('', '/', '/a.com', '?b.com', '/@a.b', '#c'))
    .map((parts) => parts.join(''));
  let allowed = 0;
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), url, (entries, asked) => {
      const found = findReach(rulesOf(...entries), readUrl(asked)) !== undefined;
      assert.equal(found, simplyAllowed(entries, asked));
      if (found && !entries.includes('*')) allowed++;
    }),
    { numRuns: 5_000 },
  );
  assert.ok(allowed > 50, `only ${allowed} were allowed by a name`);
});

test('whatever text a guest sends, it is refused or goes to the origin that was checked', () => {
  const rules = rulesOf('https://api.example.com');
  const bits = fc.constantFrom(
    'https:',
    '//',
    '\\',
    '@',
    ':',
    'api.example.com',
    'evil.example',
    '/',
    '?',
    '#',
    '%2e',
    ' ',
    '\t',
    '.',
    '443',
    'é',
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 10 }), (parts) => {
      let url: URL;
      try {
        url = readUrl(parts.join(''));
      } catch {
        return;
      }
      if (findReach(rules, url) === undefined) return;
      assert.deepEqual(
        [url.protocol, url.host, url.username, url.password],
        ['https:', 'api.example.com', '', ''],
      );
    }),
    { numRuns: 5_000 },
  );
});

const kinds: { readonly [address: string]: string } = {
  '8.8.8.8': 'public',
  '100.63.255.255': 'public',
  '172.32.0.1': 'public',
  '2606:4700::1111': 'public',
  '::ffff:8.8.8.8': 'public',
  '64:ff9b::808:808': 'public',
  '2002:808:808::1': 'public',
  '10.1.2.3': 'private',
  '172.16.0.1': 'private',
  '172.31.255.255': 'private',
  '192.168.1.1': 'private',
  '100.64.0.1': 'private',
  'fd12::1': 'private',
  'fec0::1': 'private',
  '::ffff:10.0.0.1': 'private',
  '::ffff:a00:1': 'private',
  '::10.0.0.1': 'private',
  '::ffff:0:10.0.0.1': 'private',
  '64:ff9b::a00:1': 'private',
  '2002:a00:1::1': 'private',
  '127.0.0.1': 'loopback',
  '127.255.255.255': 'loopback',
  '::1': 'loopback',
  '::ffff:127.0.0.1': 'loopback',
  '169.254.1.1': 'link-local',
  'fe80::1': 'link-local',
  '169.254.169.254': 'metadata',
  '::ffff:169.254.169.254': 'metadata',
  '64:ff9b::a9fe:a9fe': 'metadata',
  'fd00:ec2::254': 'metadata',
  '100.100.100.200': 'metadata',
  '168.63.129.16': 'metadata',
  '0.0.0.0': 'unspecified',
  '0.1.2.3': 'unspecified',
  '::': 'unspecified',
  '::ffff:0.0.0.0': 'unspecified',
  '224.0.0.1': 'multicast',
  'ff02::1': 'multicast',
  '255.255.255.255': 'reserved',
  '192.0.2.1': 'reserved',
  '198.18.0.1': 'reserved',
  '2001:db8::1': 'reserved',
  '2001::1': 'reserved',
  '64:ff9b:1::1': 'reserved',
  '4000::1': 'reserved',
  'fe80::1%eth0': 'reserved',
  'no address': 'reserved',
};

test('addresses are what the registries say', () => {
  for (const [address, kind] of Object.entries(kinds)) assert.equal(classifyAddress(address), kind, address);
});

test('no address that another list holds back is public', () => {
  const others = new BlockList();
  for (const [network, bits] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const)
    others.addSubnet(network, bits, 'ipv4');
  for (const [network, bits] of [
    ['fc00::', 7],
    ['fe80::', 10],
    ['ff00::', 8],
    ['::', 127],
  ] as const)
    others.addSubnet(network, bits, 'ipv6');
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
      if (others.check(address, family)) assert.notEqual(classifyAddress(address), 'public', address);
    }),
    { numRuns: 10_000 },
  );
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(classifyAddress(`::ffff:${address}`), classifyAddress(address));
      assert.equal(classifyAddress(`64:ff9b::${address}`), classifyAddress(address));
    }),
  );
});

test('what each reach lets through', () => {
  const all = [
    'public',
    'private',
    'loopback',
    'link-local',
    'metadata',
    'reserved',
    'multicast',
    'unspecified',
  ] as const;
  const through = (reached: 'public' | 'private' | 'literal') => all.filter((kind) => mayHave(reached, kind));
  assert.deepEqual(through('public'), ['public']);
  assert.deepEqual(through('private'), ['public', 'private', 'loopback']);
  assert.deepEqual(through('literal'), [
    'public',
    'private',
    'loopback',
    'link-local',
    'metadata',
    'reserved',
  ]);
});

const parse = (hosts: string, more = '') =>
  parseSlightfile(
    `specversion = "0.3"\n[app]\ncomponent = "a.wasm"\n[outgoing]\nhosts = ${hosts}\n${more}`,
    '/app/slightfile.toml',
    { env: { HOST: 'evil.example' } },
  );

test('a slightfile lists servers', () => {
  const hosts =
    '["https://api.example.com", "https://*.example.org:8443", { host = "http://a.internal", private = true }, "*"]';
  const { outgoing } = parse(hosts, 'timeout = "2s"');
  assert.deepEqual([outgoing?.timeout, outgoing?.concurrent], [2_000, 16]);
  assert.deepEqual(printRules(outgoing!.hosts), [
    { name: 'https://api.example.com', where: 'public addresses' },
    { name: 'https://*.example.org:8443', where: 'public addresses' },
    { name: 'http://a.internal', where: 'any address' },
    { name: '*', where: 'public addresses' },
  ]);
  assert.equal(
    parseSlightfile('specversion = "0.3"\napp.component = "a"', 's.toml', { env: {} }).outgoing,
    undefined,
  );
});

test('what is no server is told with its place and what to write', () => {
  const wrong: [string, RegExp][] = [
    ['"https://a.example"', /hosts is a list of servers, and another text stands here/],
    [
      '["https://a.example", "https://b.example/v1"]',
      /:5:31: .*and an address with a path stands here[^]*"https:\/\/b.example"/,
    ],
    ['["https://a.example?"]', /an address with a path/],
    ['["https://user:hunter2@a.example"]', /an address with a user or password/],
    ['["a.example"]', /a text that is no server[^]*write scheme, host/],
    ['["ftp://a.example"]', /a text that is no server/],
    ['["https://*.com"]', /a "\*" in another place/],
    ['["https://*"]', /a "\*" in another place/],
    ['["https://a.*.example"]', /a "\*" in another place/],
    ['["https://*.*.example.com"]', /a "\*" in another place/],
    ['["https://a*.example.com"]', /a "\*" in another place/],
    ['["https://${env.HOST}"]', /a text with a variable/],
    ['["http://0.0.0.0:80"]', /an address that no server has/],
    ['["http://[::]"]', /an address that no server has/],
    ['[7]', /something else stands here/],
    ['[{ host = "*", private = true }]', /"\*" with private = true/],
    ['[{ host = "https://*.example.com", private = true }]', /a "\*" with private = true/],
    ['[{ host = "https://a.example", privat = true }]', /a table of another kind/],
    ['[{ host = "https://a.example", private = "yes" }]', /a table of another kind/],
    ['[{ private = true }]', /a table of another kind/],
  ];
  for (const [hosts, message] of wrong)
    assert.throws(
      () => parse(hosts),
      (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
      hosts,
    );
});
