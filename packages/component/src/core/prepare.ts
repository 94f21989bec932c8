import { ComponentError } from '../api.ts';
import type { ModuleShape, PreparedModule, PrepareOptions } from './model.ts';
import { Reader } from '../binary/reader.ts';
import { digest } from '../platform/digest.ts';
import { listSections } from './outline.ts';
import { REWRITER_VERSION, SHAPE_SECTION, rewriteModule } from './rewrite.ts';

/** What a cache keeps for a module that needs no rewriting. */
const UNCHANGED = new Uint8Array();

/**
 * Validates a core module and rewrites it so that limits hold. The original is validated, since a module that is
 * invalid alone may become valid once rewritten, and then reach what was added.
 *
 * @throws {ComponentError} `invalid`; `unsupported` for shared memories, `memory.atomic.wait*` and instructions that
 * the rewriter does not know
 */
export async function prepareModule(
  bytes: Uint8Array,
  options: PrepareOptions = {},
): Promise<PreparedModule> {
  if (options.limits === false) {
    validate(bytes);
    return { bytes, shape: undefined };
  }
  const noteStores = options.noteStores === true;
  if (options.cache === undefined) return prepareAfresh(bytes, noteStores);
  const key = await cacheKey(bytes, noteStores);
  const cached = await options.cache.get(key);
  if (cached !== undefined) {
    if (cached.length === 0) return { bytes, shape: undefined };
    const shape = readShape(cached);
    if (shape !== undefined) return { bytes: cached, shape };
  }
  const prepared = prepareAfresh(bytes, noteStores);
  await options.cache.set(key, prepared.shape === undefined ? UNCHANGED : prepared.bytes);
  return prepared;
}

function prepareAfresh(bytes: Uint8Array, noteStores: boolean): PreparedModule {
  validate(bytes);
  return rewriteModule(bytes, noteStores) ?? { bytes, shape: undefined };
}

function validate(bytes: Uint8Array): void {
  if (WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) return;
  throw new ComponentError('invalid', `A core module is not valid: ${reasonOf(bytes)}`);
}

/** `validate` says no more than no; compiling says why. */
function reasonOf(bytes: Uint8Array): string {
  try {
    return String(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
  } catch (error) {
    const reason = (error as Error).message.replace(/^WebAssembly\.Module\(\): /, '');
    if (/^expected (magic|version)/.test(reason)) return `expected a version header for a module: ${reason}`;
    return reason.startsWith('unexpected section') ? `section out of order: ${reason}` : reason;
  }
}

async function cacheKey(bytes: Uint8Array, noteStores: boolean): Promise<string> {
  return `${await digest(bytes)}-${REWRITER_VERSION}${noteStores ? '-noted' : ''}`;
}

/** The shape stands in the last section; undefined where the bytes are not what the rewriter writes. */
function readShape(bytes: Uint8Array): ModuleShape | undefined {
  try {
    const last = listSections(bytes).at(-1);
    if (last?.name !== SHAPE_SECTION) return undefined;
    const reader = new Reader(bytes, last.content, last.end);
    reader.name();
    return JSON.parse(reader.name()) as ModuleShape;
  } catch {
    return undefined;
  }
}
