import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `key.pem` and `certificate.pem`, which vouches for itself, made out to localhost; gives the latter. Needs openssl. */
export function makeCertificate(folder: string): string {
  const options =
    '-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const files = ['-keyout', 'key.pem', '-out', 'certificate.pem'];
  execFileSync('openssl', ['req', ...options.split(' '), ...files], { cwd: folder, stdio: 'pipe' });
  return readFileSync(join(folder, 'certificate.pem'), 'utf8');
}

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate out to a user, for which the one that `makeCertificate` made in the folder vouches. */
export function makeUserCertificate(folder: string, user: string): Certificate {
  const openssl = (args: string, ...more: string[]) =>
    execFileSync('openssl', [...args.split(' '), ...more], { cwd: folder, stdio: 'pipe' });
  openssl('req -newkey rsa:2048 -nodes -keyout user-key.pem -out user.csr -subj', `/CN=${user}`);
  openssl('x509 -req -in user.csr -CA certificate.pem -CAkey key.pem -CAcreateserial -days 2 -out user.pem');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { certificate: read('user.pem'), key: read('user-key.pem') };
}
