import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '@spiderlightning/component';
import type {
  CompileOptions,
  Component,
  HostImports,
  Instance,
  InstantiateOptions,
} from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { buildQuickjsGuest } from '../../test/guests/quickjs.ts';
import { importTool } from '../tool.ts';

export const STORE = 'bench:engine/store';
export const HANDLE = 'bench:engine/http#handle';

/** What a key-value guest asks for. */
export const VALUE = new TextEncoder().encode('{"status":"new"}');

export const REQUEST = {
  method: 'GET',
  path: '/orders/7',
  headers: [
    ['host', 'localhost:8080'],
    ['accept', 'application/json'],
    ['user-agent', 'bench'],
  ],
  body: '',
};

export type GuestName = 'QuickJS' | 'StarlingMonkey';

/** The same source as a component of either JavaScript engine. */
export async function buildGuest(name: GuestName, tell: (progress: string) => void): Promise<Uint8Array> {
  const read = (file: string) => readFile(join(import.meta.dirname, file), 'utf8');
  const texts = await Promise.all([read('guest.wit'), read('guest.js')]);
  if (name === 'QuickJS') return buildQuickjsGuest(...texts);
  // It knows no asynchronous exports.
  const [wit, source] = texts.map((text) => text.replaceAll('async ', ''));
  const cache = join(import.meta.dirname, '../../node_modules/.cache/starlingmonkey-guests');
  const key = createHash('sha256').update(wit!).update(source!).digest('hex');
  const file = join(cache, `${key}.wasm`);
  const kept = await readFile(file).catch(() => undefined);
  if (kept !== undefined) return kept;
  const module = '@bytecodealliance/componentize-js/src/componentize.js';
  const { componentize } = await importTool('starlingmonkey', module, tell);
  tell('building a guest with StarlingMonkey (once, a minute or two) …');
  const options = { witWorld: wit, worldName: 'guest', disableFeatures: ['http', 'fetch-event'] };
  const { component } = await componentize(source, options);
  await mkdir(cache, { recursive: true });
  await writeFile(file, component);
  return component;
}

/** The host's side, in the same words for all guests: `later` answers with a promise. */
export function serve(later: boolean): HostImports {
  const answer = { tag: 'ok', val: VALUE };
  return { ...wasiImports(), [STORE]: { get: later ? async () => answer : () => answer } };
}

export async function start(
  bytes: Uint8Array,
  later: boolean,
  options: InstantiateOptions & CompileOptions = {},
): Promise<{ component: Component; instance: Instance }> {
  const component = await compile(bytes, options);
  return { component, instance: await component.instantiate(serve(later), options) };
}
