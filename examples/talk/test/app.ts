import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildComponent } from '@spiderlightning/build';
import { appFolder } from '../../../packages/slight/test/slight.ts';

const app = join(import.meta.dirname, '..');

export async function buildTalk(): Promise<Uint8Array> {
  return (await buildComponent({ entry: join(app, 'src', 'app.ts') })).component;
}

/** Lays the app out; `servers` are the addresses that take the place of those in the slightfile. */
export async function layOut(
  component: Uint8Array,
  servers: { readonly [address: string]: string } = {},
): Promise<string> {
  let slightfile = await readFile(join(app, 'slightfile.toml'), 'utf8');
  for (const [address, own] of Object.entries(servers)) {
    if (!slightfile.includes(address)) throw new Error(`the slightfile names no ${address}`);
    slightfile = slightfile.replaceAll(address, () => own);
  }
  return await appFolder({ 'slightfile.toml': slightfile, 'dist/talk.wasm': component });
}
