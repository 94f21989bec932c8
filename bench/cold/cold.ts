import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packAll } from '../../scripts/pack.ts';
import { load } from '../http/load.ts';
import { makeOrder } from '../http/work.js';
import { takeTurns } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { buildGuest, makeFolder, startBare, startSlight } from '../server.ts';
import type { Server } from '../server.ts';

const root = join(import.meta.dirname, '../..');

/** From the start of the process to the first answer, against a server of bare `node:http`. */
export async function benchCold(tell: (progress: string) => void, rounds = 11): Promise<Comparison[]> {
  tell('packing the packages, as they are published …');
  const slight = installPacked();
  tell('building the guest …');
  const component = await buildGuest(join(import.meta.dirname, '../http/app.ts'));
  const slightfile = 'specversion = "0.3"\n[app]\ncomponent = "app.wasm"\n';
  const folder = makeFolder({ 'app.wasm': component, 'slightfile.toml': slightfile });
  // Node's compile cache and our rewritten modules both go there.
  const startWith = (caches: string) =>
    startSlight(folder, [], { XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: undefined }, slight);
  let caches = makeFolder();
  tell('starting …');
  await time(() => startBare(1));
  const [bare, first, second] = await takeTurns(rounds, [
    () => time(() => startBare(1)),
    () => time(() => startWith((caches = makeFolder()))),
    () => time(() => startWith(caches)),
  ]);
  return [
    compare('first start, empty caches', first!, bare!, 'node:http', 'ms'),
    compare('second start', second!, bare!, 'node:http', 'ms'),
  ];
}

/** Milliseconds until the first answer has come. */
async function time(start: () => Promise<Server>): Promise<number> {
  const began = performance.now();
  const server = await start();
  const expected = JSON.stringify(makeOrder('1'));
  await load(`${server.url}/orders/1`, { connections: 1, milliseconds: 0, expected });
  const taken = performance.now() - began;
  await server.stop();
  return taken;
}

/**
 * Lays out a node_modules with our packages as they are published, compiled to JavaScript, beside links to what they
 * depend on.
 * @returns the command
 */
function installPacked(): string {
  const modules = join(makeFolder(), 'node_modules');
  mkdirSync(join(modules, '@spiderlightning'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name.startsWith('.') || name === '@spiderlightning') continue;
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  for (const { name, tarball } of packAll(makeFolder())) {
    mkdirSync(join(modules, name));
    execFileSync('tar', ['-xzf', tarball, '-C', join(modules, name), '--strip-components=1']);
  }
  return join(modules, '@spiderlightning/slight/bin/slight.js');
}
