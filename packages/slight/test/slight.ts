import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, getTestContext } from 'node:test';
import { promisify } from 'node:util';
import { openCapability } from '../src/capabilities/core/open.ts';

const bin = join(import.meta.dirname, '../bin/slight.js');

/** What lies here is removed with the test's process. */
const scratch = mkdtempSync(join(tmpdir(), 'slight-test-'));
/** Compiled code and rewritten modules are kept, so that apps start faster; `npm test` has one folder for all its files. */
const caches = process.env.SLIGHT_TEST_CACHES ?? scratch;
const running = new Set<ChildProcess>();
// What was started outside any test, and not stopped, would keep this process from ending.
after(endAll);
process.on('exit', () => {
  endAll();
  rmSync(scratch, { recursive: true, force: true });
});

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A new folder with these files, as an app's. */
export async function appFolder(
  files: { readonly [path: string]: string | Uint8Array } = {},
): Promise<string> {
  const folder = mkdtempSync(join(scratch, 'app-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Starts `slight ARGS` in a folder; `input` is its stdin. */
export function startCommand(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input?: string,
): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      // Where it keeps what it compiled is its own choice, below this.
      NODE_COMPILE_CACHE: undefined,
      XDG_CACHE_HOME: join(caches, 'cache'),
      XDG_CONFIG_HOME: join(scratch, 'config'),
      ...env,
    },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A command that is used wrongly reads nothing.
  child.stdin?.on('error', () => undefined).end(input);
  running.add(child);
  // A test that fails has not stopped what it started.
  const context = getTestContext();
  if (context !== undefined && 'after' in context) context.after(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...said });
    });
  });
  return { child, stdout: () => said.stdout, stderr: () => said.stderr, ended };
}

/** Runs `slight ARGS` to its end. */
export function runCommand(
  folder: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  input?: string,
): Promise<Ended> {
  return startCommand(folder, args, env, input).ended;
}

/** An app that is served. */
export interface Served extends Running {
  readonly url: string;
  /** Of `/healthz`, where `--health` was given. */
  readonly health: string | undefined;
  get(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: string }>;
  /** The process that runs the guest; the first one, where there are several. */
  worker(): Promise<number>;
  /** All of them. */
  workers(): Promise<number[]>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Starts `slight run ARGS` on a free port and waits until it listens. */
export async function serveApp(
  folder: string,
  args: readonly string[] = [],
  env?: NodeJS.ProcessEnv,
): Promise<Served> {
  const started = startCommand(folder, ['run', '--address', '127.0.0.1:0', ...args], env);
  const { child, stdout, stderr, ended } = started;
  let url: string | undefined;
  // Two pipes: what was said on stderr before the URL may be read after it.
  const listening = new Promise<void>((resolve) => {
    const look = () => {
      url = /^(http:\S+)\n/m.exec(stdout())?.[1];
      if (url !== undefined && stderr().includes(`listening on ${url}`)) resolve();
    };
    child.stdout!.on('data', look);
    child.stderr!.on('data', look);
  });
  await Promise.race([listening, ended]);
  if (url === undefined) throw new Error(`slight run did not listen:\n${stderr()}`);
  const base = url;
  return {
    ...started,
    url: base,
    health: /health on (http:[^\s"]+)/.exec(stderr())?.[1],
    async get(path, init) {
      const answer = await fetch(base + path, init);
      return { status: answer.status, headers: answer.headers, body: await answer.text() };
    },
    worker: async () => (await findChild(child.pid!)) ?? assert.fail('there is no worker'),
    workers: () => findChildren(child.pid!),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return await ended;
    },
  };
}

/** Stores a value as the app's `notes` in SQLite would: what waits for it at `/until/KEY` of `guests/app.ts` goes on. */
export async function storeNote(folder: string, key: string): Promise<void> {
  const surroundings = { dataDir: join(folder, '.slight'), timeout: 10_000 };
  const store = await openCapability('keyvalue', { name: 'notes', bind: 'sqlite', config: {} }, surroundings);
  await store.set(key, Buffer.from('1'));
  await store.close();
}

/** The processes that one started, in order. */
export async function findChildren(pid: number): Promise<number[]> {
  const children = await promisify(execFile)('pgrep', ['-P', String(pid)]).catch(() => undefined);
  return children === undefined ? [] : children.stdout.trim().split('\n').map(Number);
}

/** The first of them. */
export async function findChild(pid: number): Promise<number | undefined> {
  return (await findChildren(pid))[0];
}

/** Seconds after which what did not come is missing, also on a slow machine. */
const patience = 60;

/** Asks until the answer is yes. */
export async function waitUntil(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  for (
    const end = performance.now() + patience * 1_000;
    !(await ask());
    await new Promise((next) => setTimeout(next, 20))
  ) {
    if (performance.now() > end) throw new Error(`${what}: not within ${patience} seconds`);
  }
}

/** Waits until the log says so: what is answered, on another pipe, may be read before what was said of it earlier. */
export async function waitForLog({ stderr }: Pick<Running, 'stderr'>, text: RegExp): Promise<void> {
  await waitUntil('the log says so', () => text.test(stderr())).catch(() => assert.match(stderr(), text));
}

/**
 * Whether a process is there. One that has ended is not, also where nobody has asked how: that of a parent which was killed is left
 * to the system's first process, and some of these look seconds later, or never.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return (
      process.platform !== 'linux' || !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    );
  } catch {
    return false;
  }
}
