/**
 * Installs the servers that `npm run test:servers` starts, and its browser, with apt (Debian, Ubuntu). Installing a
 * package may start it as a service of the machine; the tests start their own, so that one is stopped. Safe to repeat.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Service {
  readonly command: string;
  readonly package: string;
  /** What its package starts with the machine. */
  readonly service?: string;
  /** Why a machine may do without it. */
  readonly optional?: string;
}

const services: readonly Service[] = [
  { command: 'redis-server', package: 'redis-server', service: 'redis-server' },
  { command: 'nats-server', package: 'nats-server', service: 'nats-server' },
  { command: 'mosquitto', package: 'mosquitto', service: 'mosquitto' },
  { command: 'etcd', package: 'etcd-server', service: 'etcd' },
  // Its programs lie off the path, by version.
  { command: 'pg_ctlcluster', package: 'postgresql', service: 'postgresql' },
  {
    command: 'chromium',
    package: 'chromium',
    optional: 'Ubuntu has it as a snap only. The tests that need it are skipped where it is missing',
  },
];

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
  const install = (name: string): boolean =>
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], quiet);
  let updated = false;
  // A fresh machine has no package lists, an old one has stale lists: both are cured by an update.
  const update = (): boolean => !updated && (updated = run('apt-get', ['update', '-q'], quiet));
  for (const { command, package: name, service, optional } of missing) {
    if (!install(name) && !(update() && install(name))) {
      const message = `apt-get could not install ${name}: see its messages above`;
      if (optional === undefined) fail(message);
      console.error(`${message}. ${optional}.`);
      continue;
    }
    console.error(`${command}: installed (${find(command)})`);
    if (service === undefined || !isActive(service)) continue;
    if (!run('service', [service, 'stop'])) fail(`${service}: started by its package; stop it by hand`);
    console.error(`${service}: its package had started it as a service; stopped`);
  }
}
