import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { ask, get, openSession } from './server.ts';

/** A certificate for `api.internal`, signed by itself; a text where it cannot be made. */
function makeCertificate(): { key: string; cert: string } | string {
  const folder = mkdtempSync(join(tmpdir(), 'slight-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=api.internal', '-addext', 'subjectAltName=DNS:api.internal'];
  try {
    execFileSync('openssl', ['req', '-x509', ...options, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'pipe',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } catch {
    return 'no openssl found; on Debian: apt-get install openssl';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const certificate = makeCertificate();

test(
  'over TLS it is the name that counts, not the address',
  { skip: typeof certificate === 'string' && certificate },
  async () => {
    const { key, cert } = certificate as Exclude<typeof certificate, string>;
    const names: unknown[] = [];
    const server = createServer({ key, cert }, (request, response) => {
      names.push((request.socket as TLSSocket & { servername: unknown }).servername);
      response.end(request.headers.host);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const hosts: Parameters<typeof openSession>[0] = [
      { host: `https://api.internal:${port}` },
      { host: `https://other.internal:${port}` },
      `https://127.0.0.1:${port}`,
    ];
    const resolve = async () => ['127.0.0.1'];
    const trusting = await openSession(hosts, { resolve, ca: cert });
    const answer = await ask(trusting, get(`https://api.internal:${port}/`));
    assert.deepEqual([answer.text, names], [`api.internal:${port}`, ['api.internal']]);
    const refused = {
      code: 'unavailable',
      retryable: false,
      outcome: 'none',
      message: /no trust could be established/,
    };
    const post = (origin: string) => get(origin, { method: 'POST' });
    for (const host of ['other.internal', '127.0.0.1'])
      await assert.rejects(
        async () => trusting.send(post(`https://${host}:${port}/`)).response(),
        refused,
        host,
      );
    const usual = await openSession(hosts, { resolve });
    await assert.rejects(async () => usual.send(post(`https://api.internal:${port}/`)).response(), refused);
    assert.equal(names.length, 1);
  },
);
