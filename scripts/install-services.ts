/**
 * Installs the servers that `npm run test:servers` starts, with apt (Debian, Ubuntu). Installing a package may start
 * it as a service of the machine; the tests start their own, so that one is stopped. Safe to repeat.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const services = [{ command: 'redis-server', package: 'redis-server', service: 'redis-server' }];

function find(command: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return status === 0;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** Whether the machine runs it as a service; asks without changing anything. */
function isActive(service: string): boolean {
  return spawnSync('service', [service, 'status'], { stdio: 'ignore' }).status === 0;
}

const missing = services.filter(({ command }) => find(command) === undefined);
for (const { command } of services) {
  const path = find(command);
  if (path !== undefined) console.error(`${command}: here already (${path})`);
}
if (missing.length > 0) {
  const names = missing.map((service) => service.package);
  if (find('apt-get') === undefined) {
    fail(`This machine has no apt-get. Install these with its own package manager: ${names.join(', ')}`);
  }
  if (process.getuid?.() !== 0) {
    fail(`Installing needs root. As root: apt-get install --no-install-recommends ${names.join(' ')}`);
  }
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-q', '--no-install-recommends', ...names];
  // A fresh machine has no package lists, an old one has stale lists: both are cured by an update.
  const installed =
    run('apt-get', install, quiet) ||
    (run('apt-get', ['update', '-q'], quiet) && run('apt-get', install, quiet));
  if (!installed) fail(`apt-get could not install ${names.join(', ')}: see its messages above`);
  for (const { command, service } of missing) {
    console.error(`${command}: installed (${find(command)})`);
    if (!isActive(service)) continue;
    if (!run('service', [service, 'stop'])) fail(`${service}: started by its package; stop it by hand`);
    console.error(`${service}: its package had started it as a service; stopped`);
  }
}
