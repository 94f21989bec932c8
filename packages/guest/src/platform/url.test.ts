import assert from 'node:assert/strict';
import { test } from 'node:test';
import { URL as GuestURL, URLSearchParams as GuestParams } from './url.ts';

const bases = ['http://host/a/b?c#d', 'file:///c:/x/y'];
const inputs = [
  'http://EXAMPLE.com:80/../a/./b/%7e',
  'https://user:pass@host:8443/p?x=1&y=%20z#f',
  'http://münchen.de/ü?ü#ü',
  'http://faß.de/',
  'http://xn--bcher-kva.ch/',
  'http://ＧＯ.com/',
  'http://[::1]:3000/',
  'http://[::ffff:1.2.3.4]/',
  'http://[::1',
  'http://0x7f.1/',
  'http://1.2.3.4.5/',
  'http://256.1.1.1/',
  'http://a b/',
  'http://a%41.com/',
  'http://a.b../',
  'http://x:99999/',
  'http://x:/',
  'http://',
  'http:a',
  '//other/x',
  '/rel?x',
  '../up',
  '?query',
  '#hash',
  '',
  'a b\tc\nd',
  '\\back\\slash',
  'mailto:a@b',
  'data:text/plain,hi there',
  'javascript:alert(1)',
  'file:///etc/../passwd',
  'C|/x',
  'blob:https://a/b',
  'ws://h/p?',
  'http://h/%zz?%#%',
  'http://h/😀?😀#😀',
  'http://h/?a=b+c&a=%2B',
  'not a url',
];

test('URLs parse as the platform has it', () => {
  for (const base of [undefined, ...bases])
    for (const input of inputs) {
      const theirs = URL.canParse(input, base) ? new URL(input, base) : undefined;
      assert.equal(GuestURL.canParse(input, base), theirs !== undefined, `${input} on ${base}`);
      if (theirs === undefined) {
        assert.throws(() => new GuestURL(input, base), TypeError);
        continue;
      }
      const ours = new GuestURL(input, base);
      for (const part of [
        'href',
        'origin',
        'protocol',
        'username',
        'password',
        'host',
        'port',
        'pathname',
        'search',
        'hash',
      ] as const)
        assert.equal(ours[part], theirs[part], `${part} of ${input} on ${base}`);
      assert.deepEqual([...ours.searchParams], [...theirs.searchParams]);
    }
});

test('parts can be changed, and parameters follow', () => {
  const [ours, theirs] = [new GuestURL('http://h:1/a?x=1#y'), new URL('http://h:1/a?x=1#y')];
  for (const url of [ours, theirs]) {
    url.searchParams.append('ä', 'b c');
    url.pathname = '/q r/../s';
    url.port = '80';
    url.hash = 'ü';
    url.host = 'Other:90';
    url.searchParams.delete('x');
  }
  assert.equal(ours.href, theirs.href);
  assert.equal(JSON.stringify(ours), JSON.stringify(theirs));
});

test('parameters read and write as the platform has it', () => {
  for (const init of ['a=1&b=%E2%82%AC+x&a=2', '?q=%', [['k', 'v w']], { z: '1', y: 'ü&=' }]) {
    const [ours, theirs] = [new GuestParams(init as string), new URLSearchParams(init as string)];
    ours.sort();
    theirs.sort();
    assert.equal(String(ours), String(theirs));
    assert.deepEqual([...ours], [...theirs]);
  }
});
