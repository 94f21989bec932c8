import { builtinModules } from 'node:module';

const withoutPrefix: ReadonlySet<string> = new Set(builtinModules);

/** The Node module that an import names (`fs/promises` for both spellings), or undefined where it names none. */
export function nodeModuleName(specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return specifier.slice('node:'.length);
  return withoutPrefix.has(specifier) ? specifier : undefined;
}

const alternatives: { readonly [module: string]: string } = {
  assert: 'throw an Error yourself',
  buffer: 'use Uint8Array, TextEncoder and TextDecoder',
  console: 'console is a global',
  crypto:
    'crypto.randomUUID() and crypto.getRandomValues() are globals; a pure JavaScript package does the rest',
  events: 'use a pure JavaScript package (for example "eventemitter3")',
  fs: "keep data in a store: import { openStore } from '@spiderlightning/guest'",
  http: "export a router: import { router } from '@spiderlightning/guest'",
  https: "export a router: import { router } from '@spiderlightning/guest'",
  path: 'use a pure JavaScript package (for example "pathe")',
  process:
    "settings come from configs that the slightfile names: import { openConfigs } from '@spiderlightning/guest'",
  timers: 'setTimeout and setInterval are globals',
  url: 'URL and URLSearchParams are globals',
  util: 'TextEncoder, TextDecoder and structuredClone are globals',
};

/** What to use instead of a Node module. */
export function suggestInstead(module: string): string {
  const base = module.split('/')[0] ?? module;
  return alternatives[base] ?? 'use a package that needs nothing but JavaScript itself';
}

const form = 'readForm(req) gives the fields and files of a form';
const storage = "keep data in a store: import { openStore } from '@spiderlightning/guest'";

const globals: ReadonlyMap<string, string | undefined> = new Map([
  ['process', alternatives['process']],
  ['Buffer', alternatives['buffer']],
  ['require', "write an import: import { … } from '…'"],
  ['setImmediate', 'setTimeout(…, 0) does it'],
  ['FormData', form],
  ['File', form],
  ['Blob', 'bytes are a Uint8Array'],
  [
    'Intl',
    'have the browser format it, or a package that brings its own data; code that does without it asks first: typeof Intl',
  ],
  ['XMLHttpRequest', 'fetch is a global'],
  ['WebSocket', 'a handler answers with websocket(…); a guest opens none itself'],
  ['EventSource', 'a handler answers with sse(…); a guest opens none itself'],
  ['localStorage', storage],
  ['sessionStorage', storage],
]);

/** What to use instead of a global that Node or a browser has, and a guest has not; undefined where nothing is known. */
export function suggestGlobal(name: string): string | undefined {
  return globals.get(name);
}
