import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildScript } from '../test/guests/kept.ts';

const slight = join(import.meta.dirname, '../packages/slight/bin/slight.js');
const bare = join(import.meta.dirname, 'http/bare.js');

/** A server that a benchmark measures. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is there until this process ends, with these files. */
export function makeFolder(files: { readonly [path: string]: string | Uint8Array } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  folders.add(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The component of a TypeScript guest. Its types are checked with everything else. */
export async function buildGuest(entry: string): Promise<Uint8Array> {
  return (await buildScript(entry)).component;
}

/**
 * `slight run` in a folder with a slightfile, ready to answer. What it logs goes nowhere, but is written.
 * @param command the packages' own, unless another is named
 */
export function startSlight(
  folder: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  command = slight,
): Promise<Server> {
  return start([command, 'run', '--address', '127.0.0.1:0', ...args], folder, env);
}

/** The process of `slight run` in which the guests are. */
export function findWorker(server: Server): number {
  return Number(execFileSync('pgrep', ['-P', String(server.pid)], { encoding: 'utf8' }).split('\n', 1)[0]);
}

/** The same handlers on bare `node:http`. */
export function startBare(processes: number, env: NodeJS.ProcessEnv = {}): Promise<Server> {
  return start([bare, String(processes)], tmpdir(), env);
}

/** Any program that prints its URL when it listens. */
export function startProgram(args: readonly string[]): Promise<Server> {
  return start(args, tmpdir(), {});
}

async function start(args: readonly string[], folder: string, env: NodeJS.ProcessEnv): Promise<Server> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  const listening = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line.trim()));
  });
  const url = await Promise.race([listening, ended]);
  if (typeof url !== 'string') throw new Error(`it did not start: node ${args.join(' ')} (in ${folder})`);
  return {
    url,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
