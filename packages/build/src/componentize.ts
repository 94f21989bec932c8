import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from './bundle.ts';
import type { ComponentizeAnswer, ComponentizeJob } from './componentize-child.ts';
import { findExport } from './entry.ts';
import { BuildFailure } from './error.ts';
import type { BuildError } from './error.ts';
import { renderFileFrame } from './frame.ts';
import { mapStack } from './source-map.ts';
import type { Place } from './source-map.ts';
import { writeWorld } from './world.ts';

/**
 * Evaluates a bundle in QuickJS and freezes the result into a component. `out` is where the bundle was told that the
 * component will lie, `longestMs` the time that this may take.
 * @throws {BuildFailure} where the module's top level throws, or does not come to its end
 */
export async function makeComponent(bundled: Bundle, out: string, longestMs: number): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'slight-build-'));
  try {
    const world = await writeWorld(folder, bundled.imports, bundled.exports);
    const answer = await componentize({ folder, world, code: bundled.code }, longestMs);
    if (answer === undefined) throw new BuildFailure([endless(bundled, longestMs)]);
    if ('failed' in answer) throw new BuildFailure([explain(answer.failed, bundled, out)]);
    return answer.component;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Has a process of its own make the component; gives undefined where that takes too long. */
async function componentize(
  job: ComponentizeJob,
  longestMs: number,
): Promise<ComponentizeAnswer | undefined> {
  const child = fork(fileURLToPath(new URL('./componentize-child.ts', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [],
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<ComponentizeAnswer | undefined>((done, failed) => {
      timer = setTimeout(() => done(undefined), longestMs);
      child.once('message', (answer) => done(answer as ComponentizeAnswer));
      child.once('error', failed);
      child.once('exit', (code, signal) =>
        done({ failed: `its process ended by itself (${signal ?? `exit code ${code}`})` }),
      );
      child.send(job, (error) => error !== null && failed(error));
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

function endless({ entry }: Bundle, longestMs: number): BuildError {
  return {
    message: `the top level of a module did not come to its end within ${longestMs / 1000} s`,
    file: entry,
    fix: 'it runs once, while the app is built: look for a loop that never ends, and move what takes long into a handler',
  };
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
