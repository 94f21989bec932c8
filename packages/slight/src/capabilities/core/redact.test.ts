import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { CapabilityError } from './error.ts';
import { redactUrl } from './redact.ts';
import { openCapability } from './open.ts';

void test('a bind is shown without what may be secret', () => {
  const shown = {
    sqlite: 'sqlite',
    'sqlite:': 'sqlite:',
    'filesystem:./data': 'filesystem:./data',
    'file:./settings.toml': 'file:./settings.toml',
    'file:///etc/a.json?token=Secret': 'file:///etc/a.json',
    'file://user:Secret@host/a.json': 'file:***',
    'file:Sec/ret@a.json': 'file:***',
    'filesystem:///srv/data': 'filesystem:/srv/data',
    'filesystem://user:Secret@host/data': 'filesystem://host/data',
    'filesystem:Sec/ret@data': 'filesystem:***',
    'redis://cache:6379/2': 'redis://cache:6379/2',
    'redis://cache': 'redis://cache',
    'redis://user:Secret@cache:6379/0': 'redis://cache:6379/0',
    'rediss://:Secret@[::1]:6379': 'rediss://[::1]:6379',
    'redis://cache?password=Secret': 'redis://cache',
    'redis://cache#Secret': 'redis://cache',
    'redis+cluster://user:Secret@a:1,b:2,[::1]/0?x=Secret': 'redis+cluster://a:1,b:2,[::1]/0',
    'redis://user:Secret@a:1,user:Secret@b:2': 'redis://b:2',
    'redis://user:Secret,b:2': 'redis:***',
    'redis://user:Secret@cache:not-a-port': 'redis:***',
    'redis://user:Sec/ret@cache': 'redis:***',
    'redis://user:12/ret@cache': 'redis:***',
    'redis://user:12?ret@cache': 'redis:***',
    'redis:Secret': 'redis:***',
    '//Secret@cache': '***',
    '': '***',
  };
  for (const [bind, expected] of Object.entries(shown)) assert.equal(redactUrl(bind), expected, bind);
  assert.equal(redactUrl(new URL('redis://user:Secret@cache:1')), 'redis://cache:1');
});

void test('no error of opening holds a password, in any form', async () => {
  const password = 'S3cret/p@ss';
  const forms = [password, encodeURIComponent(password), Buffer.from(password).toString('base64'), 'S3cret'];
  const binds = [
    `redis://user:${encodeURIComponent(password)}@127.0.0.1:1`,
    `redis://:${password}@127.0.0.1:1`,
    `redos://user:${encodeURIComponent(password)}@127.0.0.1:1`,
    `sqlite://user:${encodeURIComponent(password)}@x/y`,
    `redis://user:${encodeURIComponent(password)}@127.0.0.1:1/x`,
    `redis://user:${encodeURIComponent(password)}@127.0.0.1:99999999`,
  ];
  for (const bind of binds) {
    await assert.rejects(
      openCapability(
        'keyvalue',
        { name: 'orders', bind, config: { passwort: password } },
        { dataDir: '/nowhere', timeout: 500 },
      ),
      (error) => {
        assert.ok(error instanceof CapabilityError);
        const texts = [
          inspect(error, { depth: 9, showHidden: true }),
          JSON.stringify(error),
          `${error.stack}`,
        ];
        for (const text of texts) for (const form of forms) assert.ok(!text.includes(form), text);
        return true;
      },
    );
    await assert.rejects(
      openCapability('keyvalue', { name: 'orders', bind, config: {} }, { dataDir: '/nowhere', timeout: 500 }),
      (error) => forms.every((form) => !inspect(error, { depth: 9, showHidden: true }).includes(form)),
    );
  }
});
