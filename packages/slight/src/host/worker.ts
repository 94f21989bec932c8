import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { compile, ComponentError } from '@spiderlightning/component';
import type { Component } from '@spiderlightning/component';
import type { Slightfile } from '../slightfile/model.ts';
import { startHealth } from '../triggers/health.ts';
import { startHttpTrigger } from '../triggers/http.ts';
import { openApp } from './app.ts';
import { openLog } from './log.ts';
import type { FromWorker, ToWorker } from './message.ts';
import { cacheFolder, openModuleCache } from './module-cache.ts';
import { StartError } from './start-error.ts';

/** The process that runs the guest. It does what its supervisor says and ends when the supervisor is gone. */

const log = openLog();
let close: ((bound: number) => Promise<void>) | undefined;
let stopping = false;

// Ctrl-C reaches the whole process group; the supervisor says what follows from it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop(10_000));
process.on('uncaughtException', (error) => {
  log.host('critical', `the worker fails: ${error.message}`);
  if (process.env.SLIGHT_DEBUG === '1') log.host('critical', String(error.stack));
  process.exit(1);
});
process.on('message', (message: ToWorker) => {
  if (message.type === 'start') void start(message.file);
  else void stop(message.bound);
});
tell({ type: 'hello' });

async function start(file: Slightfile): Promise<void> {
  try {
    const component = await load(file.app.component);
    const app = await openApp(component, file, log);
    const http = await startHttpTrigger({
      address: file.http,
      forwarded: file.http.forwarded,
      body: file.limits.body,
      bodyTimeout: file.limits.deadline,
      log,
      handle: app.handle,
    });
    const health =
      file.http.health &&
      (await startHealth(file.http.health, () => {
        const failures = app.failures();
        return { ok: !stopping && failures.length === 0, stopping, failures, instances: app.counts() };
      }));
    close = async (bound) => {
      await http.close(bound);
      health?.close();
      await app.close();
    };
    tell({ type: 'ready', url: http.url, rows: app.rows, ...(health && { health: health.url }) });
    // Now, not at the end: a process that is killed would leave nothing to the next one.
    flushCompileCache();
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    tell({ type: 'failed', name, message, ...(stack !== undefined && { stack }) }, () => process.exit(1));
  }
}

async function load(path: string): Promise<Component> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new StartError(
      `the component ${path} cannot be read: ${reason}\n` +
        '  fix: build it (slight build), or correct the path: component below [app], or slight run APP',
      { cause: error },
    );
  }
  try {
    return await compile(bytes, { cache: openModuleCache(cacheFolder()) });
  } catch (error) {
    if (error instanceof ComponentError) throw new StartError(describeInvalid(path, error), { cause: error });
    throw error;
  }
}

const fixes: { readonly [Code in ComponentError['code']]?: string } = {
  'not-wasm': 'name the .wasm file that slight build or your compiler wrote',
  'core-module': 'make a component of it: slight build for TypeScript, wasm-tools component new for others',
  malformed: 'the file may be cut off or damaged: build it again',
};

function describeInvalid(path: string, { code, message }: ComponentError): string {
  const fix = fixes[code];
  return `${path} cannot be run: ${message}${fix === undefined ? '' : `\n  fix: ${fix}`}`;
}

/** Ends this process with 0 once everything under way is finished or given up. */
async function stop(bound: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await close?.(bound);
  log.flush();
  process.exit(0);
}

function tell(message: FromWorker, sent: () => void = () => undefined): void {
  log.flush();
  if (process.connected) process.send!(message, undefined, undefined, sent);
  else sent();
}
