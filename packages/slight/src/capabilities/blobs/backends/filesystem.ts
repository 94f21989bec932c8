import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { explainFiles } from '../../../clients/filesystem/files.ts';
import { passFence } from '../../../clients/filesystem/fences.ts';
import { openLock, type FolderLock } from '../../../clients/filesystem/folder-lock.ts';
import { besideSlightfile, folderOfBind } from '../../../clients/filesystem/place.ts';
import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { listAfter } from '../../core/page.ts';
import { makeVersions } from '../../core/version.ts';
import type { Blobs, BlobsFeature, GuardOptions, ObjectId, WriteOptions } from '../contract.ts';
import { brokenCursor, checkConditions, largestRead, noObject } from '../validate.ts';
import {
  findObject,
  forgetObject,
  hasObject,
  listForgotten,
  listNames,
  listObjects,
  openObject,
  placeObject,
  removeObjects,
} from './filesystem-objects.ts';
import {
  changeContainer,
  createContainer,
  findContainer,
  hasContainer,
  hideContainer,
  listContainers,
  openPlace,
  useContainer,
  type Container,
  type Place,
} from './filesystem-place.ts';
import { readFile, writeFile, type FileWriter } from './filesystem-streams.ts';
import { moveObject } from './filesystem-move.ts';
import { openUploads, removeDead, type Uploads } from './filesystem-uploads.ts';

/**
 * Keeps objects as plain files, `<folder>/<name>/<container>/<object>`, that other programs may read and write. What is
 * only looked up is answered at once; bytes and writes by a promise, because they wait for the disk.
 */
export const filesystem = defineBackend<Blobs, BlobsFeature>({
  scheme: 'filesystem',
  capability: 'blobs',
  doc: 'A file for each object: in .slight/blobs, or in a folder of your own. Written through to the disk; several processes may share it.',
  features: new Set(['ordered', 'only-if-absent', 'if-version', 'fence', 'durable', 'shared']),
  config: {
    path: {
      type: 'string',
      doc: 'The folder below which each name has its own; a relative one lies beside the slightfile',
      example: '"./data"',
    },
  },
  flushesFiles: true,
  open: openFilesystem,
});

const nextVersion = makeVersions();
const sweepEvery = 60_000;

async function openFilesystem(context: OpenContext): Promise<Blobs> {
  const parent = parentOf(context);
  let place: Place;
  let lock: FolderLock;
  let uploads: Uploads;
  try {
    place = await openPlace(parent, context.name);
    lock = openLock(join(place.meta, '.lock'), context.timeout);
    await lock.hold(() => removeDead(place.meta));
    uploads = await openUploads(place.meta, lock);
  } catch (error) {
    throw explainFiles(error, 'none');
  }
  const sweeper = setInterval(() => void sweep(place, lock), sweepEvery).unref();
  const writing = new Set<FileWriter>();
  void forget(place, lock);

  const inContainer = <T>(name: string, use: (container: Container) => T): T =>
    look(() => useContainer(place, name, use));
  /** What changes something, alone of all processes. */
  const change = <T>(work: () => Promise<T>): Promise<T> =>
    lock.hold(work).catch((error: unknown) => {
      throw explainFiles(error, 'unknown');
    });

  function begin(container: string, name: string, options: WriteOptions): FileWriter {
    const path = look(uploads.next);
    const stream = look(() =>
      writeFile(path, (stats) =>
        change(() =>
          changeContainer(place, container, async (found) => {
            await passFence(found.meta, name, options.fence, uploads.next());
            if (options.onlyIfAbsent || options.ifVersion !== undefined)
              checkConditions(options, findObject(found, name)?.version);
            const version = nextVersion();
            const { contentType } = options;
            await placeObject(found, name, { path, stats, version, contentType }, uploads.next());
            return version;
          }),
        ),
      ),
    );
    writing.add(stream);
    return {
      ...stream,
      finish: () => stream.finish().finally(() => writing.delete(stream)),
      abort: () => (writing.delete(stream), stream.abort()),
    };
  }

  async function copy(source: ObjectId, target: ObjectId, { fence }: GuardOptions = {}): Promise<void> {
    const found = inContainer(source.container, (container) => openObject(container, source.name));
    inContainer(target.container, () => undefined);
    if (found === undefined) throw noObject(source);
    const from = readFile(found, { offset: 0 });
    const { contentType } = from.info;
    const to = begin(target.container, target.name, {
      ...(contentType !== undefined && { contentType }),
      ...(fence !== undefined && { fence }),
    });
    try {
      for (let piece = await from.read(largestRead); piece; piece = await from.read(largestRead))
        await to.write(piece);
      await to.finish();
    } finally {
      await from.close();
      await to.abort();
    }
  }

  return {
    createContainer: (name) => change(() => createContainer(place, name, uploads.next())),
    async deleteContainer(name) {
      const remove = await change(() => hideContainer(place, name, uploads.next));
      await remove();
    },
    containerExists: (name) => look(() => hasContainer(place, name)),
    containerInfo: (name) => look(() => findContainer(place, name)),
    listContainers: (options = {}) =>
      look(() => {
        const { names, ...more } = listAfter(listContainers(place), options, brokenCursor);
        return { containers: names, ...more };
      }),
    read: (container, name, range = { offset: 0 }) =>
      inContainer(container, (found) => {
        const opened = openObject(found, name);
        return opened && readFile(opened, range);
      }),
    write(container, name, options = {}) {
      inContainer(container, () => undefined);
      return begin(container, name, options);
    },
    delete: (container, names, { fence } = {}) =>
      change(() =>
        changeContainer(place, container, async (found) => {
          for (const name of names) await passFence(found.meta, name, fence, uploads.next());
          await removeObjects(found, names);
        }),
      ),
    has: (container, name) => inContainer(container, (found) => hasObject(found, name)),
    info: (container, name) => inContainer(container, (found) => findObject(found, name)),
    list: (container, options = {}) =>
      inContainer(container, (found) => {
        const { names, ...more } = listAfter(listNames(found), options, brokenCursor);
        return { objects: listObjects(found, names), ...more };
      }),
    clear: (container) =>
      change(async () => useContainer(place, container, (found) => removeObjects(found, listNames(found)))),
    copy,
    move: (source, target, { fence } = {}) =>
      change(() => moveObject(place, source, target, nextVersion(), fence, uploads.next)),
    presign() {
      throw new CapabilityError('unsupported', 'files have no URL');
    },
    ping: () => look(() => void listContainers(place)),
    async close() {
      clearInterval(sweeper);
      for (const stream of writing) await stream.abort();
      await uploads.close();
      await lock.close();
    },
  };
}

/** @throws {CapabilityError} `invalid-argument` */
function parentOf({ url, dataDir, config }: OpenContext): string {
  const path = config['path'] as string | undefined;
  const named = folderOfBind(url, dataDir, 'blobs');
  if (path === undefined) return named;
  if (path === '')
    throw new CapabilityError('invalid-argument', '`path` is empty. Name a folder: path = "./data"');
  if (/^\/*$/.test(url.pathname)) return besideSlightfile(dataDir, path);
  throw new CapabilityError('invalid-argument', 'the bind and `path` both name a folder. Keep one of them');
}

function look<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw explainFiles(error, 'none');
  }
}

/** What processes that died left is invisible already; this gives its room back. */
async function sweep(place: Place, lock: FolderLock): Promise<void> {
  // Nobody waits for this: the next one tries again, and what ails the folder shows at the next operation.
  await lock.hold(() => removeDead(place.meta)).catch(() => undefined);
}

/** The same for what is kept beside files that are gone, because a deletion was cut off or another program did it. */
async function forget(place: Place, lock: FolderLock): Promise<void> {
  try {
    for (const name of listContainers(place)) {
      await breathe();
      for (const object of useContainer(place, name, listForgotten)) {
        await lock.hold(async () =>
          useContainer(place, name, (found) => {
            if (!hasObject(found, object)) forgetObject(found, object);
          }),
        );
      }
    }
  } catch {
    // As above.
  }
}
