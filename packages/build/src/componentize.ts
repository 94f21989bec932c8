import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { componentize } from 'componentize-qjs';
import type { Bundle } from './bundle.ts';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame } from './frame.ts';
import { mapStack } from './source-map.ts';
import type { Place } from './source-map.ts';
import { writeWorld } from './world.ts';

/**
 * Evaluates a bundle in QuickJS and freezes the result into a component. `out` is where the bundle was told that the
 * component will lie.
 * @throws {BuildFailure} where the module's top level throws
 */
export async function makeComponent(bundled: Bundle, out: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'slight-build-'));
  try {
    const world = await writeWorld(folder, bundled.imports, bundled.exports);
    const { component } = await componentize({ witPath: folder, world, jsSource: bundled.code });
    return component;
  } catch (error) {
    throw new BuildFailure([explain(error instanceof Error ? error.message : String(error), bundled, out)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const evaluation =
  /Failed to evaluate user JavaScript module: (?:Failed to [a-z ]*JavaScript module[a-z ]*: )?/;
const missing = /unknown import: `([^`#]+)(?:#([^`]*))?` has not been defined/;

function explain(text: string, bundled: Bundle, out: string): BuildError {
  const [, name, item] = missing.exec(text) ?? [];
  if (name !== undefined)
    return {
      message: `the top level of a module calls ${name}${item === undefined ? '' : ` (${item})`}, which exists only while the app answers a request`,
      fix: 'call it inside a handler: the top level runs once, while the app is built',
    };
  const start = evaluation.exec(text);
  if (start === null) return { message: `QuickJS could not make a component: ${text.trim()}` };
  const [head = '', ...stack] = text.slice(start.index + start[0].length).split('\n');
  const reason = head.replace(/^Error: /, '');
  const own = choosePlace(mapStack(stack.join('\n'), bundled.map, dirname(out)), bundled);
  // Without a place of the author's it is the SDK that refuses what the entry exports.
  const place = own ?? findExport(bundled.entry);
  const frame = renderFileFrame(place.file, place.line, place.column);
  return {
    message:
      own === undefined ? reason : `the top level of a module failed while the app was built: ${reason}`,
    ...place,
    ...(frame === undefined ? {} : { frame }),
  };
}

/** The innermost place in the author's own files. */
function choosePlace(places: readonly Place[], { sdk }: Bundle): Place | undefined {
  return places.find(
    ({ file }) =>
      !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(sdk + sep) && existsSync(file),
  );
}

function findExport(entry: string): Place {
  const lines = readFileSync(entry, 'utf8').split('\n');
  const line = lines.findIndex((text) => /^\s*export\b.*\b(default|httpHandler)\b/.test(text));
  return { file: entry, line: Math.max(line, 0) + 1, column: 1 };
}
