import { CapabilityError } from '../../core/error.ts';
import type { ObjectPage } from '../contract.ts';
import { get, now, omit, put, withNames, withReader, withWriter, type Defects } from './defect.ts';

const same = 'objects keep apart, whatever their names';
const known = 'what is known of an object is what was written';

export const objectDefects: Defects = {
  'takes bytes for text': {
    breaks: ['an object is read as it was written'],
    backend: withWriter((stream) => ({
      write: (bytes) => stream.write(Buffer.from(Buffer.from(bytes).toString())),
    })),
  },
  'keeps the last piece only': {
    breaks: ['an object is read as it was written'],
    backend: (blobs) => ({
      write(container, name, options) {
        let last: Uint8Array = new Uint8Array(0);
        return {
          write: (bytes) => void (last = new Uint8Array(bytes)),
          finish: () => put(blobs, container, name, last, options),
          abort: () => undefined,
        };
      },
    }),
  },
  'fails where an object is missing': {
    breaks: ['an object that is not there is none'],
    backend: (blobs) => ({
      read(container, name, range) {
        const stream = blobs.read(container, name, range);
        if (stream === undefined) throw new CapabilityError('not-found', 'there is no such object');
        return stream;
      },
    }),
  },
  'fails to delete what is missing': {
    breaks: ['an object that is not there is none', 'what is deleted is gone, and nothing else'],
    backend: (blobs) => ({
      delete(container, names) {
        for (const name of names) {
          if (!now(blobs.has(container, name))) throw new CapabilityError('not-found', 'no such object');
        }
        return blobs.delete(container, names);
      },
    }),
  },
  'forgets the type': {
    breaks: [known, 'an object that is moved is in one place', 'objects outlive whoever wrote them'],
    backend: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'contentType')),
    }),
  },
  'counts time in seconds': {
    breaks: [known],
    backend: (blobs) => ({
      info(container, name) {
        const info = now(blobs.info(container, name));
        return info && { ...info, modified: Math.floor(info.modified / 1_000) };
      },
    }),
  },
  'tells the size of what is read, not of the object': {
    breaks: [known],
    backend: (blobs) => ({
      read(container, name, range) {
        const stream = now(blobs.read(container, name, range));
        return stream && { ...stream, info: { ...stream.info, size: range?.length ?? stream.info.size } };
      },
    }),
  },
  'gives another version than it keeps': {
    breaks: [known, 'every write has a version of its own'],
    backend: withWriter((stream) => ({ finish: () => `${now(stream.finish())}x` })),
  },
  'writes over the beginning': {
    breaks: ['a write takes the place of the whole object'],
    backend: withWriter((stream, blobs, container, name) => {
      let size = 0;
      return {
        write(bytes) {
          size += bytes.byteLength;
          return stream.write(bytes);
        },
        finish() {
          void stream.write(get(blobs, container, name)?.subarray(size) ?? new Uint8Array(0));
          return stream.finish();
        },
      };
    }),
  },
  appends: {
    breaks: ['a write takes the place of the whole object'],
    backend: withWriter((stream, blobs, container, name) => {
      const before = get(blobs, container, name);
      let begun = false;
      return {
        write(bytes) {
          if (!begun && before !== undefined) void stream.write(before);
          begun = true;
          return stream.write(bytes);
        },
        finish() {
          if (!begun && before !== undefined) void stream.write(before);
          return stream.finish();
        },
      };
    }),
  },
  'keeps the type of the object before': {
    breaks: ['a write takes the place of the whole object'],
    backend: (blobs) => ({
      write(container, name, options = {}) {
        const contentType = options.contentType ?? now(blobs.info(container, name))?.contentType;
        return blobs.write(container, name, {
          ...options,
          ...(contentType !== undefined && { contentType }),
        });
      },
    }),
  },
  'takes a hash of the bytes for a version': {
    breaks: ['every write has a version of its own'],
    backend: (blobs) => {
      const versionOf = (container: string, name: string) =>
        `hash ${Buffer.from(get(blobs, container, name) ?? []).toString('hex')}`;
      return {
        ...withWriter((stream, _, container, name) => ({
          finish() {
            void stream.finish();
            return versionOf(container, name);
          },
        }))(blobs),
        info(container, name) {
          const info = now(blobs.info(container, name));
          return info && { ...info, version: versionOf(container, name) };
        },
      };
    },
  },
  'deletes the first name alone': {
    breaks: ['what is deleted is gone, and nothing else'],
    backend: (blobs) => ({ delete: (container, names) => blobs.delete(container, names.slice(0, 1)) }),
  },
  'deletes whatever begins with the name': {
    breaks: ['what is deleted is gone, and nothing else'],
    backend: (blobs) => ({
      delete(container, names) {
        for (const prefix of names) {
          const { objects } = now(blobs.list(container, { prefix }));
          void blobs.delete(
            container,
            objects.map(({ name }) => name),
          );
        }
      },
    }),
  },
  'clears one page': {
    breaks: ['a container that is cleared is empty, and still there'],
    backend: (blobs) => ({
      clear(container) {
        const { objects } = now(blobs.list(container, { limit: 10 }));
        return blobs.delete(
          container,
          objects.map(({ name }) => name),
        );
      },
    }),
  },
  'clears the container away': {
    breaks: ['a container that is cleared is empty, and still there'],
    backend: (blobs) => ({ clear: (container) => blobs.deleteContainer(container) }),
  },
  'ignores case': { breaks: [same], backend: withNames((name) => name.toLowerCase()) },
  'takes forms of Unicode for one': { breaks: [same], backend: withNames((name) => name.normalize('NFC')) },
  'takes names for paths': {
    breaks: [same],
    backend: withNames((name) => new URL(`x:///${encodeURI(name)}`).pathname),
  },
  'decodes names': {
    breaks: [same],
    backend: withNames((name) => (/^(?:[^%]|%[0-9a-f]{2})*$/i.test(name) ? decodeURIComponent(name) : name)),
  },
  'cuts long names': { breaks: [same], backend: withNames((name) => name.slice(0, 200)) },
  'lists names as it encodes them': {
    breaks: [same, 'a listing says what the objects are, by prefix'],
    backend: (blobs) => ({
      list(container, options): ObjectPage {
        const page = now(blobs.list(container, options));
        return {
          ...page,
          objects: page.objects.map((each) => ({
            ...each,
            name: encodeURIComponent(each.name.toWellFormed()),
          })),
        };
      },
    }),
  },
  'copies by name': {
    breaks: ['a copy has bytes and type, and a life of its own'],
    backend: (blobs, notes) => {
      const follow = (name: string) => (notes.get(name) as string | undefined) ?? name;
      return {
        copy(source, target) {
          void blobs.copy(source, target);
          if (source.container === target.container) notes.set(target.name, source.name);
        },
        read: (container, name, range) => blobs.read(container, follow(name), range),
      };
    },
  },
  'copies bytes without their type': {
    breaks: [
      'a copy has bytes and type, and a life of its own',
      'an object that is copied or moved onto itself is still there',
    ],
    backend: (blobs) => ({
      copy(source, target) {
        const bytes = get(blobs, source.container, source.name);
        if (bytes === undefined || !now(blobs.containerExists(target.container))) {
          return blobs.copy(source, target);
        }
        put(blobs, target.container, target.name, bytes);
      },
    }),
  },
  'copies where it should move': {
    breaks: ['an object that is moved is in one place'],
    backend: (blobs) => ({ move: (source, target) => blobs.copy(source, target) }),
  },
  'copies nothing where nothing is': {
    breaks: ['what is not there is neither copied nor moved'],
    backend: (blobs) => ({
      copy: (source, target) =>
        now(blobs.has(source.container, source.name)) ? blobs.copy(source, target) : undefined,
    }),
  },
  'deletes the target where there is no source': {
    breaks: ['what is not there is neither copied nor moved'],
    backend: (blobs) => ({
      move(source, target) {
        void blobs.delete(target.container, [target.name]);
        return blobs.move(source, target);
      },
    }),
  },
  'moves an object onto itself and away': {
    breaks: ['an object that is copied or moved onto itself is still there'],
    guest: (blobs) => ({
      move(source, target) {
        void blobs.copy(source, target);
        return blobs.delete(source.container, [source.name]);
      },
    }),
  },
  'presigns another object': {
    breaks: ['who has a URL reads that object with it, and needs nothing else'],
    backend: (blobs) => ({
      presign: (container, _, options) => blobs.presign(container, 'other', options),
    }),
  },
  'presigns for everything at once': {
    breaks: ['who has a URL reads that object with it, and needs nothing else'],
    backend: (blobs) => ({
      presign: (container, name, options) => blobs.presign(container, name, { ...options, method: 'write' }),
    }),
  },
  'presigns for ever': {
    breaks: ['who has a URL reads that object with it, and needs nothing else'],
    guest: (blobs) => ({
      presign: (container, name, options) => blobs.presign(container, name, { ...options, expires: 60_000 }),
    }),
  },
  'forgets when it is closed': {
    breaks: ['objects outlive whoever wrote them', 'objects outlive a server that is killed'],
    backend: (blobs) => ({
      close() {
        for (const { name } of now(blobs.list('box')).objects) void blobs.delete('box', [name]);
      },
    }),
  },
  'reads bytes that change with the object': {
    breaks: ['what is read is one object, whatever becomes of it meanwhile'],
    backend: withReader((_, blobs, container, name) => {
      let at = 0;
      return {
        read(max) {
          const bytes = now(blobs.containerExists(container)) ? get(blobs, container, name) : undefined;
          const piece = bytes?.slice(at, at + max);
          at += piece?.byteLength ?? 0;
          return piece === undefined || piece.byteLength === 0 ? undefined : new Uint8Array(piece);
        },
      };
    }),
  },
};
