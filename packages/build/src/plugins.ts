import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { BuildFailure } from './error.ts';
import { nodeModuleName, suggestInstead } from './node-modules.ts';
import { checkInterface } from './world.ts';

const isInterface = /^(spiderlightning|wasi):/;
const guestPackage = /^@spiderlightning\/guest(\/|$)/;

/** Finds modules of the SDK as the app sees them, or else the copy that came with the build. */
export function guestResolver(folder: string): (specifier: string) => string {
  const places = [createRequire(join(folder, 'app.js')), createRequire(import.meta.url)];
  return (specifier) => {
    for (const place of places) {
      try {
        return place.resolve(specifier);
      } catch {
        // Not there: the next place, or the failure below.
      }
    }
    throw new BuildFailure([
      {
        message: `cannot find ${specifier} from ${folder}`,
        fix: 'npm install --save-dev @spiderlightning/guest',
      },
    ]);
  };
}

/** Leads imports of the SDK to one copy of it. */
export function resolveGuest(find: (specifier: string) => string): Plugin {
  return {
    name: 'guest',
    setup(setup) {
      setup.onResolve({ filter: guestPackage }, (args) => ({
        path: find(args.path),
        sideEffects: args.path.endsWith('/prelude'),
      }));
    },
  };
}

/** Leaves the host's interfaces in the code as imports, where it uses them. */
export const resolveInterfaces: Plugin = {
  name: 'interfaces',
  setup(setup) {
    setup.onResolve({ filter: isInterface }, (args) => {
      const refusal = checkInterface(args.path);
      if (refusal === undefined) return { path: args.path, external: true, sideEffects: false };
      return { errors: [refuse(refusal.message, refusal.fix)] };
    });
  },
};

/** Says of Node's own modules what to use instead. */
export const refuseNode: Plugin = {
  name: 'node',
  setup(setup) {
    setup.onResolve({ filter: /^[a-z]/ }, async (args) => {
      const module = nodeModuleName(args.path);
      if (module === undefined || args.pluginData === refuseNode) return undefined;
      if (!args.path.startsWith('node:')) {
        // A package of the same name (events, buffer …) may be installed.
        const found = await setup.resolve(args.path, {
          kind: args.kind,
          resolveDir: args.resolveDir,
          importer: args.importer,
          pluginData: refuseNode,
        });
        if (found.errors.length === 0) return found;
      }
      return { errors: [refuse(`"${args.path}" is not available in a guest`, suggestInstead(module))] };
    });
  },
};

function refuse(text: string, fix: string | undefined) {
  return { text, notes: fix === undefined ? [] : [{ text: fix }] };
}
