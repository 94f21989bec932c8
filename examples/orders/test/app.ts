import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appFolder } from '../../../packages/slight/test/slight.ts';
import { buildScript } from '../../../test/guests/kept.ts';

const app = join(import.meta.dirname, '..');

/** Builds the app. `portability.test.ts` does it as its author would, types and all. */
export async function buildOrders(): Promise<Uint8Array> {
  return (await buildScript(join(app, 'src', 'app.ts'))).component;
}

/** Lays out a folder to run the component in. Only the one line that says where the data lives may differ. */
export async function layOut(component: Uint8Array, bind: string): Promise<string> {
  const slightfile = await readFile(join(app, 'slightfile.toml'), 'utf8');
  const line = 'orders = "sqlite"';
  if (!slightfile.includes(line)) throw new Error(`the slightfile has no line ${line}`);
  return await appFolder({
    'slightfile.toml': slightfile.replace(line, `orders = ${JSON.stringify(bind)}`),
    'dist/orders.wasm': component,
  });
}

/** The component in a folder, by its hash. */
export async function hashOf(folder: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(join(folder, 'dist', 'orders.wasm')))
    .digest('hex');
}
