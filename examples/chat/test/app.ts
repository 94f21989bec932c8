import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildComponent } from '@spiderlightning/build';
import { appFolder } from '../../../packages/slight/test/slight.ts';

const app = join(import.meta.dirname, '..');

/** Builds the app as its author would, types and all. */
export async function buildChat(): Promise<Uint8Array> {
  return (await buildComponent({ entry: join(app, 'src', 'app.ts') })).component;
}

/**
 * The app's folder with its slightfile as it is, but for some texts, each of which has to be there. Digests come every second,
 * so that a test need not wait for them.
 */
export async function layOut(
  component: Uint8Array,
  changes: readonly (readonly [usual: string, other: string])[] = [],
): Promise<string> {
  let slightfile = await readFile(join(app, 'slightfile.toml'), 'utf8');
  for (const [usual, other] of [['every = "1m"', 'every = "1s"'] as const, ...changes]) {
    if (!slightfile.includes(usual)) throw new Error(`the slightfile has no ${usual}`);
    slightfile = slightfile.replaceAll(usual, other);
  }
  return await appFolder({ 'slightfile.toml': slightfile, 'dist/chat.wasm': component });
}

/** Asks as a page does. */
export async function ask(
  url: string,
  token: string | undefined,
  body?: unknown,
): Promise<{ status: number; json: any; headers: Headers }> {
  const answer = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
}

/** Comes in under a name. @returns the token */
export async function enter(url: string, name: string): Promise<string> {
  const { status, json } = await ask(`${url}/sessions`, undefined, { name });
  if (status !== 201) throw new Error(`${name} was answered ${status}: ${JSON.stringify(json)}`);
  return json.token as string;
}
