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

/** What to use instead of a global that Node or a browser has, and a guest has not; undefined where nothing is known. */
export function suggestGlobal(name: string): string | undefined {
  if (name === 'require') return "write an import: import { … } from '…'";
  return alternatives[name.toLowerCase()];
}
