import { defineBackend, type OpenContext } from '../../core/backend.ts';
import { CapabilityError } from '../../core/error.ts';
import { admit, type Fence } from '../../core/fence.ts';
import { listAfter } from '../../core/page.ts';
import { makeVersions } from '../../core/version.ts';
import type {
  GuardOptions,
  Blobs,
  BlobsFeature,
  ObjectId,
  ObjectInfo,
  ReadStream,
  WriteOptions,
  WriteStream,
} from '../contract.ts';
import { brokenCursor, checkConditions, noContainer, noObject } from '../validate.ts';

interface Entry {
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
}

interface Container {
  readonly created: number;
  readonly objects: Map<string, Entry>;
  /** The highest token of each lock that an object has seen. */
  readonly fences: Map<string, Map<string, string>>;
}

/** What all opens of one name in this process share. It lives while one of them is open. */
interface Shared {
  readonly containers: Map<string, Container>;
  /** Bytes of all objects, and of those on their way. */
  used: number;
  opens: number;
}

const places = new Map<string, Shared>();
const nextVersion = makeVersions();

/** Keeps objects in this process only: for tests and trying things out. */
export const memory = defineBackend<Blobs, BlobsFeature>({
  scheme: 'memory',
  capability: 'blobs',
  doc: 'Objects in the memory of the host process; gone when it ends.',
  features: new Set(['ordered', 'only-if-absent', 'if-version', 'fence']),
  config: {
    capacity: {
      type: 'number',
      doc: 'Most bytes of all objects together; one more is refused',
      default: 256 * 1024 * 1024,
      example: '1073741824',
    },
  },
  singleProcess: true,
  open: openMemory,
});

function openMemory({ name, dataDir, config }: OpenContext): Blobs {
  const id = `${dataDir}\0${name}`;
  const place = places.get(id) ?? { containers: new Map(), used: 0, opens: 0 };
  places.set(id, place);
  place.opens++;
  const capacity = config['capacity'] as number;

  function find(name: string): Container {
    const container = place.containers.get(name);
    if (container === undefined) throw noContainer(name);
    return container;
  }

  function take(bytes: number): void {
    if (place.used + bytes > capacity) {
      throw new CapabilityError(
        'resource-exhausted',
        `${place.used} of ${capacity} bytes are in use. Delete objects, or raise \`capacity\` in the slightfile`,
      );
    }
    place.used += bytes;
  }

  function guard({ fences }: Container, name: string, fence: Fence | undefined): void {
    if (fence === undefined) return;
    const tokens = fences.get(name) ?? new Map<string, string>();
    admit(fence, tokens.get(fence.lock));
    fences.set(name, tokens.set(fence.lock, fence.token));
  }

  function remove({ objects }: Container, name: string): void {
    place.used -= objects.get(name)?.bytes.byteLength ?? 0;
    objects.delete(name);
  }

  function put(container: string, name: string, bytes: Uint8Array, { contentType }: WriteOptions): string {
    const { objects } = find(container);
    const modified = Date.now();
    const version = nextVersion();
    const created = objects.get(name)?.info.created ?? modified;
    const info = { name, size: bytes.byteLength, created, modified, version };
    remove(find(container), name);
    objects.set(name, { bytes, info: contentType === undefined ? info : { ...info, contentType } });
    return version;
  }

  /** The bytes of an object are never written to, so two may share them; each counts. */
  function copy(source: ObjectId, target: ObjectId, { fence }: GuardOptions = {}): void {
    const found = find(source.container).objects.get(source.name);
    const to = find(target.container);
    if (found === undefined) throw noObject(source);
    guard(to, target.name, fence);
    take(found.bytes.byteLength);
    put(target.container, target.name, found.bytes, found.info);
  }

  return {
    createContainer(name) {
      if (place.containers.has(name))
        throw new CapabilityError('already-exists', `the container ${JSON.stringify(name)} is there`);
      place.containers.set(name, { created: Date.now(), objects: new Map(), fences: new Map() });
    },
    deleteContainer(name) {
      const container = place.containers.get(name);
      for (const each of container?.objects.keys() ?? []) remove(container!, each);
      place.containers.delete(name);
    },
    containerExists: (name) => place.containers.has(name),
    containerInfo(name) {
      const container = place.containers.get(name);
      return container && { name, created: container.created };
    },
    listContainers(options = {}) {
      const { names, cursor } = listAfter(place.containers.keys(), options, brokenCursor);
      return { containers: names, ...(cursor !== undefined && { cursor }) };
    },
    read(container, name, { offset = 0, length } = { offset: 0 }) {
      const found = find(container).objects.get(name);
      if (found === undefined) return undefined;
      return readBytes(
        found.bytes.subarray(offset, length === undefined ? undefined : offset + length),
        found.info,
      );
    },
    write(container, name, options = {}) {
      find(container);
      return writeBytes(take, (bytes) => {
        const present = find(container);
        guard(present, name, options.fence);
        checkConditions(options, present.objects.get(name)?.info.version);
        return put(container, name, bytes, options);
      });
    },
    delete(container, names, { fence } = {}) {
      const found = find(container);
      for (const name of names) guard(found, name, fence);
      for (const name of names) remove(found, name);
    },
    has: (container, name) => find(container).objects.has(name),
    info: (container, name) => find(container).objects.get(name)?.info,
    list(container, options = {}) {
      const { objects } = find(container);
      const { names, cursor } = listAfter(objects.keys(), options, brokenCursor);
      const found = names.map((name) => {
        const { size, modified } = objects.get(name)!.info;
        return { name, size, modified };
      });
      return { objects: found, ...(cursor !== undefined && { cursor }) };
    },
    clear(container) {
      const found = find(container);
      for (const name of found.objects.keys()) remove(found, name);
    },
    copy,
    move(source, target, { fence } = {}) {
      const from = find(source.container);
      const found = from.objects.get(source.name);
      const to = find(target.container);
      if (found === undefined) throw noObject(source);
      guard(from, source.name, fence);
      guard(to, target.name, fence);
      put(target.container, target.name, found.bytes, found.info);
      from.objects.delete(source.name);
    },
    presign() {
      throw new CapabilityError('unsupported', 'objects in memory have no URL');
    },
    ping: () => undefined,
    close() {
      if (--place.opens === 0) places.delete(id);
    },
  };
}

function readBytes(bytes: Uint8Array, info: ObjectInfo): ReadStream {
  let at = 0;
  return {
    info,
    read(max) {
      if (at >= bytes.byteLength) return undefined;
      const piece = new Uint8Array(bytes.subarray(at, at + max));
      at += piece.byteLength;
      return piece;
    },
    close: () => undefined,
  };
}

/** @param take counts bytes; negative ones are given back */
function writeBytes(take: (bytes: number) => void, finish: (bytes: Uint8Array) => string): WriteStream {
  let pieces: Uint8Array[] | undefined = [];
  let size = 0;
  return {
    write(bytes) {
      take(bytes.byteLength);
      size += bytes.byteLength;
      pieces!.push(new Uint8Array(bytes));
    },
    finish() {
      const version = finish(Buffer.concat(pieces!));
      pieces = undefined;
      return version;
    },
    abort() {
      if (pieces !== undefined) take(-size);
      pieces = undefined;
    },
  };
}
