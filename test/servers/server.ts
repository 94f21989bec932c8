import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findCommand, waitUntil } from './process.ts';
import type { ServerProcess } from './process.ts';

/** A server on loopback that a test may break. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** It stops answering, and keeps its connections. */
  pause(): void | Promise<void>;
  resume(): void;
  /** Ends it without warning, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again after `kill`: same port, same data. Does nothing while it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ServerRun {
  /** For messages. */
  readonly name: string;
  /** Where its data lies; gone when it is stopped. */
  readonly folder: string;
  start(): ServerProcess;
  /** Whether it answers. */
  answers(): Promise<boolean>;
}

/** A reason to skip tests that need a command, or false. */
export function missing(command: string, path = findCommand(command)): string | false {
  return path === undefined && `${command} is not installed: npm run services:install`;
}

/** A new folder for a server's data. */
export function makeServerFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `slight-${name}-`));
}

/** Milliseconds that a server may take until it answers. */
const longestStart = 30_000;

/**
 * Starts a server and waits until it answers.
 * @throws {Error} with its output, where it ends or does not answer in time
 */
export async function runServer({
  name,
  folder,
  start,
  answers,
}: ServerRun): Promise<Omit<TestServer, 'port' | 'url'>> {
  let server = await launch();

  async function launch(): Promise<ServerProcess> {
    const started = start();
    await waitUntil(
      `${name} answers`,
      async () => {
        // A moment for a server that ends at once: another one may answer on its port.
        await sleep(5);
        if (!started.running) throw new Error(`${name} ended:\n${started.output()}`);
        return await answers();
      },
      longestStart,
    );
    return started;
  }

  return {
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.end('SIGKILL'),
    async restart() {
      if (!server.running) server = await launch();
    },
    async stop() {
      await server.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether something at the port says what is expected of it, after it was sent `first`. */
export function says(
  port: number,
  first: string | Uint8Array,
  expected: (answer: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const end = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    socket.setTimeout(1_000, () => end(false));
    socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes);
      if (expected(Buffer.concat(pieces))) end(true);
    });
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
