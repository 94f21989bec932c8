import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { inspect } from 'node:util';
import * as library from '@nats-io/transport-node';
import { makeAccountUsers, makeKeyUser } from '../../../../test/servers/nats-users.ts';
import type { Config } from '../capabilities/core/capability.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { readNatsLogin } from './nats-login.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-login-'));
after(() => rmSync(folder, { recursive: true }));
const seed = makeKeyUser().makeCredentials();
const both = makeAccountUsers().makeCredentials();
const password = 'S3same';
writeFileSync(join(folder, 'app.creds'), both);
writeFileSync(join(folder, 'app.nk'), seed);

function read(before: string, config: Config) {
  const url = new URL(`nats://${before}127.0.0.1:4222`);
  return readNatsLogin({ url, config, dataDir: join(folder, '.slight') }, library);
}

/** What may stand before the host, with what becomes of it alone: the library's options, or an error. */
const urls = {
  nothing: ['', {}],
  'a user and a password': [`app:${password}@`, { user: 'app', pass: password }],
  'what has to be encoded': ['a%40b:p%3A%2F@', { user: 'a@b', pass: 'p:/' }],
  'a token': [`${password}@`, { token: password }],
  'a token and a colon': [`${password}:@`, { token: password }],
  'a password alone': [
    `:${password}@`,
    /password and no user.*nats:\/\/USER:PASSWORD@HOST.*nats:\/\/TOKEN@HOST/,
  ],
} as const;

/** What may stand beside the bind, likewise. `lets in`: what signs is there. */
const settings = {
  nothing: [{}, undefined],
  'the seed of an nkey': [{ credentials: seed }, 'lets in'],
  'a JWT and a seed': [{ credentials: both }, 'lets in'],
  'a file with a JWT and a seed': [{ 'credentials-file': './app.creds' }, 'lets in'],
  'a file with the seed of an nkey': [{ 'credentials-file': join(folder, 'app.nk') }, 'lets in'],
  'credentials and a file': [
    { credentials: seed, 'credentials-file': 'app.nk' },
    /said more than once.*keep one/,
  ],
  'an empty text': [{ credentials: '' }, /`credentials` holds neither.*SU/],
  'a JWT without its seed': [{ credentials: both.replace(/^SU.*$/m, '') }, /`credentials` holds neither/],
  'the seed of an account': [{ credentials: seed.replace('SU', 'SA') }, /`credentials` holds neither/],
  'a file that is not there': [
    { 'credentials-file': 'none.creds' },
    /none\.creds, which `credentials-file`.*ENOENT/,
  ],
} as const;

void suite('who asks a NATS, as the bind and the settings beside it say', () => {
  for (const [before, [text, alone]] of Object.entries(urls))
    for (const [beside, [config, signs]] of Object.entries(settings)) {
      const expected =
        alone instanceof RegExp
          ? alone
          : signs === undefined
            ? alone
            : before === 'nothing'
              ? signs
              : /said more than once.*user or token in the bind, `credentials` and `credentials-file`/;
      void test(`before the host ${before}, beside it ${beside}`, () => {
        if (!(expected instanceof RegExp)) {
          const login = read(text, config);
          if (expected !== 'lets in') return assert.deepEqual(login, expected);
          assert.deepEqual(Object.keys(login), ['authenticator']);
          const authenticator = login.authenticator as library.Authenticator;
          const signed = authenticator('nonce') as { nkey?: string; jwt?: string; sig?: string };
          assert.ok((signed.nkey ?? signed.jwt) && signed.sig);
          return;
        }
        assert.throws(
          () => read(text, config),
          (error) => {
            assert.ok(error instanceof CapabilityError);
            assert.equal(error.code, 'invalid-argument');
            assert.match(`${error.message}${error.fix === undefined ? '' : `. ${error.fix}`}`, expected);
            const shown = inspect(error, { depth: 9, showHidden: true });
            assert.ok(!shown.includes(password) && !/SU\w{56}/.test(shown), 'a secret is shown');
            return true;
          },
        );
      });
    }
});
