import { test } from 'node:test';
import { blobsConformance } from '@spiderlightning/slight/conformance';
import type { Blobs } from '@spiderlightning/slight/conformance';
import type { Fence, ObjectInfo } from 'spiderlightning:cloud/blobs@0.6.0';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { Blobs as TestBlobs } from '../src/test/cloud/blobs.ts';
import { openData, runWith } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';

/** The blobs of `testApp` promise what every backend promises: an app that passes its tests meets no surprises. */
const host: TestHost = {
  now: () => Date.now(),
  find: openData({}),
  failures: new Map(),
  lines: [],
  sent: [],
};
/** What the SDK or WIT's types keep from happening, and what the host does at the end. */
const elsewhere = new Set([
  'a range is read from its offset, as far as there is something',
  'a stream that is over takes and gives no more',
  'a piece that is too large is refused, and the others are written',
]);
const checks = blobsConformance({
  open,
  features: new Set(['ordered', 'only-if-absent', 'if-version', 'fence']),
});
for (const { name, run } of checks) if (!elsewhere.has(name)) test(name, run);

/** The interface that a guest imports, as the suite sees blobs. */
function open(name: string): Blobs {
  const blobs = runWith(host, () => TestBlobs.open(name));
  let closed = false;
  const use = <T>(call: () => T): T => {
    if (closed) throw new CapabilityError('cancelled', 'closed');
    try {
      return runWith(host, call);
    } catch (error) {
      const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
      throw new CapabilityError(code, message);
    }
  };
  const fenceOf = (options?: { fence?: Fence }) => options?.fence ?? null;
  return {
    createContainer: (container) => use(() => blobs.createContainer(container)),
    deleteContainer: (container) => use(() => blobs.deleteContainer(container)),
    containerExists: (container) => use(() => blobs.containerExists(container)),
    containerInfo: (container) =>
      use(() => {
        const info = blobs.containerInfo(container);
        return info === null ? undefined : { name: info.name, created: info.created! };
      }),
    listContainers: ({ prefix, cursor, limit } = {}) =>
      use(() => {
        const page = blobs.listContainers(prefix ?? null, cursor ?? null, limit ?? null);
        return { containers: page.containers, ...(page.cursor !== null && { cursor: page.cursor }) };
      }),
    read: (container, object, range) =>
      use(() => {
        const { offset, length = null } = range ?? { offset: 0 };
        const stream = blobs.container(container).read(object, { offset, length });
        return (
          (stream && {
            info: lift(stream.info()),
            read: (max) => use(() => stream.read(max) ?? undefined),
            close: () => stream[Symbol.dispose](),
          }) ??
          undefined
        );
      }),
    write: (container, object, options = {}) =>
      use(() => {
        const { contentType = null, onlyIfAbsent = false, ifVersion = null } = options;
        const given = { contentType, onlyIfAbsent, ifVersion, fence: fenceOf(options) };
        const stream = blobs.container(container).write(object, given);
        return {
          write: (bytes) => use(() => stream.write(bytes)),
          finish: () => use(() => stream.finish()),
          abort: () => stream[Symbol.dispose](),
        };
      }),
    delete: (container, names, options) =>
      use(() => blobs.container(container).delete([...names], fenceOf(options))),
    has: (container, object) => use(() => blobs.container(container).has(object)),
    info: (container, object) =>
      use(() => {
        const info = blobs.container(container).info(object);
        return info === null ? undefined : lift(info);
      }),
    list: (container, { prefix, cursor, limit } = {}) =>
      use(() => {
        const page = blobs.container(container).list(prefix ?? null, cursor ?? null, limit ?? null);
        return { objects: page.objects, ...(page.cursor !== null && { cursor: page.cursor }) };
      }),
    clear: (container) => use(() => blobs.container(container).clear()),
    copy: (source, target, options) => use(() => blobs.copy(source, target, fenceOf(options))),
    move: (source, target, options) => use(() => blobs.move(source, target, fenceOf(options))),
    presign: (container, object, { method, expires }) =>
      use(() => blobs.container(container).presign(object, method, expires)),
    ping: () => use(() => undefined),
    close() {
      closed = true;
    },
  };
}

function lift({ created, contentType, ...info }: ObjectInfo) {
  return { ...info, created: created!, ...(contentType !== null && { contentType }) };
}
