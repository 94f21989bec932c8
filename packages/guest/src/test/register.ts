/**
 * For apps that import the host's interfaces themselves: `node --import @spiderlightning/guest/test/register --test`
 * has `spiderlightning:cloud/…` lead to the same capabilities in memory as the SDK has in plain Node.
 * @module
 */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const extension = extname(import.meta.filename);

registerHooks({
  resolve(specifier, context, next) {
    const [, name] = /^spiderlightning:cloud\/([a-z0-9-]+)@0\.6\.0$/.exec(specifier) ?? [];
    if (name === undefined) return next(specifier, context);
    const url = new URL(`./cloud/${name}${extension}`, import.meta.url).href;
    if (existsSync(fileURLToPath(url))) return { url, shortCircuit: true };
    throw new Error(`${specifier} has no stand-in for tests in plain Node; imported by ${context.parentURL}`);
  },
});
