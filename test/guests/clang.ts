/**
 * Builds the guests in `c/`: freestanding C, no libc, made into components.
 *
 * Needs clang and wasm-ld, version 14 or newer: `clang` and `lld` on Debian (`clang-19` and `lld-19` do as well).
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';

const SOURCES = join(import.meta.dirname, 'c');
const WIT = join(import.meta.dirname, '../../packages/wit/wit');

/** What each guest is made of: its C files and its world. */
const GUESTS = {
  /** Says hello: a slide of examples/talk. World `http-service`. */
  hello: { files: ['../../../examples/talk/src/hello.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/STORE/KEY` over HTTP: GET, PUT, DELETE, and POST to count. World `http-service`. */
  keyvalue: { files: ['keyvalue.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/PLACE/CONTAINER/NAME` over HTTP: GET, PUT and DELETE of objects, as streams. World `http-service`. */
  blobs: { files: ['blobs.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/LOCKS/NAME` over HTTP: acquires a lock, see `locks.c`. World `http-service`. */
  locks: { files: ['locks.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/DATABASE/NAME` over HTTP: keeps names, see `sql.c`. World `http-service`. */
  sql: { files: ['sql.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** Messages over HTTP: PUT `/NAME/TOPIC`, POST `/NAME/GROUP`. World `http-service`. */
  messaging: { files: ['messaging.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/COUNT` over HTTP: reads one key so many times. World `http-service`. */
  loop: { files: ['loop.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** `/PORT/PATH` over HTTP: asks this machine's server on that port the same. World `http-service`. */
  outgoing: { files: ['outgoing.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** Misbehaves by path: see `hostile.c`. World `http-service`. */
  hostile: { files: ['hostile.c', 'http.c', 'guest.c'], world: 'http-service' },
  /** Prints, reads, waits, rolls dice over WASI 0.2. World in `wasi.wit`. */
  wasi: { files: ['wasi.c', 'guest.c'], world: 'guest', wit: 'wasi.wit' },
  /** Keeps what it is told in every place that a C program has. World in `state.wit`. */
  state: { files: ['state.c', 'guest.c'], world: 'state', wit: 'state.wit' },
} as const;

export type CGuest = keyof typeof GUESTS;

const clang = findClang();

/** Why C guests cannot be built here, for the `skip` of a test; false where they can. */
export const clangMissing: string | false =
  clang === undefined && 'no clang with wasm-ld found; on Debian: apt-get install clang lld';

/**
 * Builds a guest into a component.
 * @throws {Error} without clang (see `clangMissing`), or with the compiler's complaint
 */
export async function buildCGuest(name: CGuest): Promise<Uint8Array> {
  const guest = GUESTS[name];
  const binary = await buildCModule(guest.files);
  const witSource = 'wit' in guest ? await readFile(join(SOURCES, guest.wit), 'utf8') : await readCloudWit();
  return await componentNew(await componentEmbed({ binary, witSource, world: guest.world }));
}

/**
 * Builds files of `c/` into a core module.
 * @throws {Error} as `buildCGuest`
 */
export async function buildCModule(files: readonly string[]): Promise<Uint8Array> {
  if (clang === undefined) throw new Error(String(clangMissing));
  const folder = await mkdtemp(join(tmpdir(), 'c-guest-'));
  try {
    const output = join(folder, 'core.wasm');
    const options = [
      '--target=wasm32',
      '-O2',
      '-std=c11',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-ffreestanding',
      '-nostdlib',
      `-I${SOURCES}`,
    ];
    // Own functions that do what memcpy does must not become calls of themselves.
    options.push(
      '-fno-builtin',
      '-Wl,--no-entry',
      '-Wl,-z,stack-size=65536',
      '-Wl,--stack-first',
      '-o',
      output,
    );
    await promisify(execFile)(clang, [...options, ...files.map((file) => join(SOURCES, file))]);
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The package of `packages/wit` as one text: its files each name the package, and a text may do that only once. */
export async function readCloudWit(): Promise<string> {
  const names = (await readdir(WIT)).filter((name) => name.endsWith('.wit'));
  const texts = await Promise.all(names.map((name) => readFile(join(WIT, name), 'utf8')));
  return texts.map((text, index) => (index === 0 ? text : text.replace(/^package .*;$/m, ''))).join('\n');
}

/** The first clang in the path that has a linker for WebAssembly. */
function findClang(): string | undefined {
  const versions = Array.from({ length: 17 }, (_, index) => `clang-${30 - index}`);
  return ['clang', ...versions].find((name) => {
    try {
      const linker = execFileSync(name, ['--print-prog-name=wasm-ld'], {
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
      // A linker that is not there comes back as the bare name.
      return linker !== 'wasm-ld';
    } catch {
      return false;
    }
  });
}
