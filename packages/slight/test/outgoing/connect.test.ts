import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnector } from '../../src/outgoing/connect.ts';
import { ask, get, openSession, rulesOf, serve } from './server.ts';

/** A resolver of a few names; each question is written down. */
function names(table: { readonly [name: string]: readonly (readonly string[])[] }) {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    const answers = table[name];
    if (answers === undefined) throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
    const before = asked.filter((each) => each === name).length;
    asked.push(name);
    return answers[Math.min(before, answers.length - 1)]!;
  };
  return { asked, resolve };
}

const denied = (message: RegExp) => ({
  code: 'permission-denied',
  retryable: false,
  outcome: 'none',
  message,
});

test('a server that is not listed is denied, with the line to add', async () => {
  const session = await openSession(['https://api.example.com']);
  assert.throws(
    () => session.send(get('http://evil.example:81/x?token=c4nary')),
    (error: Error) => {
      assert.match(
        error.message,
        /outgoing HTTP to http:\/\/evil\.example:81 was not granted .*Add "http:\/\/evil\.example:81" to the list hosts below \[outgoing\] in \/app\/slightfile\.toml/,
      );
      assert.doesNotMatch(error.message, /c4nary/);
      return true;
    },
  );
});

test('a name that leads to an address which is not public is denied, and its address is not told', async () => {
  const { resolve } = names({
    'inner.example.com': [['10.1.2.3']],
    'loop.example.com': [['::1']],
    'mixed.example.com': [['93.184.216.34', '192.168.0.7']],
    'mapped.example.com': [['::ffff:169.254.169.254']],
    'nat64.example.com': [['64:ff9b::7f00:1']],
    'zero.example.com': [['0.0.0.0']],
  });
  const session = await openSession(['http://*.example.com'], { resolve });
  const response = (name: string) => async () => session.send(get(`http://${name}.example.com/`)).response();
  for (const [name, message] of [
    ['inner', /leads to a private address.*\{ host = "http:\/\/inner\.example\.com", private = true \}/],
    ['loop', /leads to a loopback address/],
    ['mixed', /leads to a private address/],
    ['mapped', /leads to a metadata address.*list the address itself/],
    ['nat64', /leads to a loopback address/],
    ['zero', /an unspecified address, which no server has/],
  ] as const) {
    await assert.rejects(response(name), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /10\.1\.2\.3|192\.168|169\.254|64:ff9b/);
      return (error as { code?: string }).code === 'permission-denied';
    });
  }
  await assert.rejects(response('nowhere'), {
    code: 'unavailable',
    message: /no address was found for nowhere/,
  });
});

test('where it is said, a name may lead to a private address, but never to metadata', async () => {
  const server = await serve((request, response) => void response.end(request.headers.host));
  const { resolve } = names({
    'inventory.internal': [['127.0.0.1']],
    'meta.internal': [['169.254.169.254']],
  });
  const session = await openSession(
    [{ host: `http://inventory.internal:${server.port}` }, { host: 'http://meta.internal' }],
    { resolve },
  );
  const answer = await ask(session, get(`http://inventory.internal:${server.port}/`));
  assert.equal(answer.text, `inventory.internal:${server.port}`);
  await assert.rejects(
    async () => session.send(get('http://meta.internal/')).response(),
    denied(/leads to a metadata address/),
  );
});

test('a star does not reach this machine, however its address is written', async () => {
  const server = await serve((_request, response) => void response.end());
  const session = await openSession(['*']);
  const { port } = server;
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.1',
    '0x7f000001',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    'localhost',
  ])
    await assert.rejects(
      async () => session.send(get(`http://${host}:${port}/`)).response(),
      denied(/loopback address/),
      host,
    );
  for (const host of ['0.0.0.0', '0', '[::]'])
    await assert.rejects(
      async () => session.send(get(`http://${host}:${port}/`)).response(),
      denied(/unspecified/),
    );
  await assert.rejects(
    async () => session.send(get('http://169.254.169.254/latest/')).response(),
    denied(/metadata/),
  );
  assert.equal(server.seen.length, 0);
});

test('a name is asked for once for each connection: who answers otherwise the next time gains nothing', async () => {
  const server = await serve((_request, response) => void response.end('the first'));
  const { asked, resolve } = names({ 'rebind.example.com': [['127.0.0.1'], ['127.0.0.2']] });
  const origin = `http://rebind.example.com:${server.port}`;
  const session = await openSession([{ host: origin }], { resolve });
  assert.equal((await ask(session, get(origin))).text, 'the first');
  assert.deepEqual(asked, ['rebind.example.com']);
  assert.equal(server.seen[0]!.socket.localAddress, '127.0.0.1');
});

test('DNS that answers with a public address first and a private one then is caught when it is asked again', async () => {
  const opened: string[] = [];
  const table = [['93.184.216.34'], ['10.0.0.1']];
  const connect = createConnector({
    rules: rulesOf('http://rebind.example.com'),
    path: 's.toml',
    own: new Set(),
    resolve: async () => table.shift()!,
    open: ({ hostname }, callback) => {
      opened.push(hostname);
      callback(new Error('not really'), null);
    },
  });
  const target = { protocol: 'http:', host: 'rebind.example.com', hostname: 'rebind.example.com', port: '' };
  const attempt = () =>
    new Promise<Error | null>((resolve) => connect(target, (...given) => resolve(given[0])));
  assert.match((await attempt())!.message, /not really/);
  assert.match((await attempt())!.message, /leads to a private address/);
  assert.deepEqual(opened, ['93.184.216.34'], 'it connects to the address that was checked, and to no other');
});

test('the ports of this host are closed, even where they are listed', async () => {
  const server = await serve((_request, response) => void response.end());
  const session = await openSession(
    [server.origin, `http://localhost:${server.port}`, { host: `http://me.internal:${server.port}` }],
    {
      own: new Set([server.port]),
      resolve: async () => ['::ffff:127.0.0.1'],
    },
  );
  for (const origin of [
    server.origin,
    `http://localhost:${server.port}`,
    `http://me.internal:${server.port}`,
  ])
    await assert.rejects(
      async () => session.send(get(origin)).response(),
      denied(/this is where the app itself is served/),
    );
  assert.equal(server.seen.length, 0);
});

test('of several addresses the next is tried where one does not answer', async () => {
  const server = await serve((_request, response) => void response.end('reached'));
  const origin = `http://two.internal:${server.port}`;
  const session = await openSession([{ host: origin }], { resolve: async () => ['127.0.0.9', '127.0.0.1'] });
  assert.equal((await ask(session, get(origin))).text, 'reached');
});

test('no proxy of the environment is asked', async () => {
  const server = await serve((_request, response) => void response.end('direct'));
  const proxy = await serve((_request, response) => void response.end('proxied'));
  const before = { ...process.env };
  Object.assign(process.env, { http_proxy: proxy.origin, HTTP_PROXY: proxy.origin, NODE_USE_ENV_PROXY: '1' });
  try {
    const session = await openSession([server.origin]);
    assert.equal((await ask(session, get(server.origin))).text, 'direct');
  } finally {
    process.env = before;
  }
});
