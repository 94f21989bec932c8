import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificate, makeUserCertificate, type Certificate } from './certificate.ts';
import { findCommand, findFreePort, startProcess } from './process.ts';
import { makeServerFolder, missing, runServer } from './server.ts';
import type { TestServer } from './server.ts';

/** Debian keeps the programs of each version apart, off the path. */
const programs = findCommand('initdb')
  ? ''
  : (globSync('/usr/lib/postgresql/*/bin')
      .toSorted((a, b) => Number(a.split('/')[4]) - Number(b.split('/')[4]))
      .at(-1) ?? undefined);

/** A reason to skip tests that need PostgreSQL, or false. */
export const postgresMissing = missing('postgres', programs);

export interface PostgresServer extends TestServer {
  /** Runs SQL with psql, as the superuser, and gives the rows, fields with `|` between them. */
  ask(sql: string): string;
  /** With `tls`: its port, and the certificate (PEM) that it shows there, made out to localhost. */
  readonly tls: { readonly port: number; readonly certificate: string } | undefined;
  /** With `tls`: a certificate that it trusts, made out to a user. */
  makeUserCertificate(user: string): Certificate;
  /** With `tls`: from now on it shows another certificate, which this gives, and trusts no user's one from before. */
  renewCertificate(): string;
}

const run = promisify(execFile);

export interface PostgresServerOptions {
  /** Of its superuser, `postgres`. */
  readonly password?: string;
  /** It speaks TLS with whoever asks for it; needs openssl. */
  readonly tls?: boolean;
  /** Lines of `pg_hba.conf` before those that let everybody in who knows a password. */
  readonly access?: readonly string[];
}

/**
 * Starts a PostgreSQL on loopback with a database `test`, which has written each commit to the disk before it answers.
 * It refuses to run as root, so there it runs as its package's user.
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const { password = 'a p@ss/word' } = options;
  const folder = makeServerFolder('postgres');
  const data = join(folder, 'data');
  const port = await findFreePort();
  const program = (name: string) => (programs === '' ? name : join(programs!, name));
  const user = process.getuid?.() === 0 ? readUser('postgres') : undefined;
  const asUser =
    user === undefined ? [] : ['setpriv', `--reuid=${user.id}`, `--regid=${user.group}`, '--clear-groups'];
  const secret = join(folder, 'password');
  writeFileSync(secret, password);
  const tls = options.tls ? { port, certificate: makeCertificate(folder) } : undefined;
  const owned = [folder, secret, ...(tls === undefined ? [] : [join(folder, 'key.pem')])];
  if (user !== undefined) for (const path of owned) chownSync(path, user.id, user.group);
  chmodSync(folder, 0o700);
  const [make = '', ...makeArgs] = [
    ...asUser,
    program('initdb'),
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '--pwfile',
    secret,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  // Another test of this process goes on meanwhile.
  await run(make, makeArgs, { cwd: folder });
  const accessFile = join(data, 'pg_hba.conf');
  const usual = readFileSync(accessFile, 'utf8');
  writeFileSync(accessFile, [...(options.access ?? []), usual].join('\n'));
  const [command = '', ...args] = [
    ...asUser,
    program('postgres'),
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'max_connections=200',
    ...(tls === undefined
      ? []
      : [
          'ssl=on',
          `ssl_cert_file=${join(folder, 'certificate.pem')}`,
          `ssl_key_file=${join(folder, 'key.pem')}`,
          // It vouches for itself, and for the users' ones.
          `ssl_ca_file=${join(folder, 'certificate.pem')}`,
        ].flatMap((setting) => ['-c', setting])),
  ];
  const psql = (database: string, sql: string) =>
    [
      program('psql'),
      ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-d', database, '-Atc', sql],
      { env: { ...process.env, PGPASSWORD: password, PGCONNECT_TIMEOUT: '2' }, encoding: 'utf8' },
    ] as const;
  const server = await runServer({
    name: 'postgres',
    folder,
    start: () => startProcess(command, args, folder),
    async answers() {
      try {
        return (await run(...psql('postgres', 'select 1'))).stdout.trim() === '1';
      } catch {
        return false;
      }
    },
  });
  await run(...psql('postgres', 'create database test'));
  const ask = (sql: string): string => execFileSync(...psql('test', sql)).trim();
  return {
    ...server,
    port,
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/test`,
    ask,
    tls,
    makeUserCertificate: (name) => makeUserCertificate(folder, name),
    renewCertificate() {
      const certificate = makeCertificate(folder);
      ask('select pg_reload_conf()');
      return certificate;
    },
  };
}

function readUser(name: string): { readonly id: number; readonly group: number } {
  const number = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { id: number('-u'), group: number('-g') };
}
