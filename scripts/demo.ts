/**
 * Builds examples/orders and runs it on embedded storage: `npm run demo`. What follows `--` goes to `slight run`, for
 * example `npm run demo -- --address 127.0.0.1:8080`.
 */
import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { BuildFailure, buildComponent, formatBuildError } from '@spiderlightning/build';
import type { BuildStep } from '@spiderlightning/build';

const root = join(import.meta.dirname, '..');
const app = join(root, 'examples', 'orders');
const entry = join(app, 'src', 'app.ts');

const steps: { readonly [step in BuildStep]: string } = {
  'check-types': 'checking types',
  bundle: 'bundling',
  componentize: 'making the component',
  write: 'writing',
};

try {
  say(`building ${relative(root, entry)}`);
  const built = await buildComponent({
    entry,
    out: join(app, 'dist', 'orders.wasm'),
    onProgress: (step) => say(`  ${steps[step]}`),
  });
  const size = (built.bytes / 1024 / 1024).toFixed(1);
  say(`built examples/orders/dist/orders.wasm: ${size} MiB in ${(built.ms / 1000).toFixed(1)} s`);
  say('running it on SQLite, in examples/orders/.slight; stop with Ctrl-C\n');
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  for (const each of error.errors) say(formatBuildError(each, root));
  process.exitCode = 1;
}

function run(): Promise<number> {
  const slight = join(root, 'packages', 'slight', 'bin', 'slight.js');
  const child = spawn(process.execPath, [slight, 'run', ...process.argv.slice(2)], {
    cwd: app,
    stdio: 'inherit',
  });
  // A terminal's Ctrl-C reaches the child too: here it only must not end this process before the child has.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => done(code ?? 1));
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
