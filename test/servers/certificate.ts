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
