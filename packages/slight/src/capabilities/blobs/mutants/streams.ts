import { CapabilityError } from '../../core/error.ts';
import type { ListOptions, ObjectPage, Range } from '../contract.ts';
import { get, now, omit, put, withReader, withWriter, type Defects } from './defect.ts';

const ranges = 'a range is read from its offset, as far as there is something';
const pieces = 'a piece is never longer than was asked for';
const broken = 'a cursor that no page gave is invalid-argument';

/** Changes the range of every read that has one. */
const withRange = (change: (range: Range, size: number) => Range): Defects[string] => ({
  breaks: [ranges],
  backend: (blobs) => ({
    read(container, name, range) {
      const size = now(blobs.info(container, name))?.size ?? 0;
      return blobs.read(container, name, range && change(range, size));
    },
  }),
});

const withPages = (list: (page: ObjectPage, options: ListOptions) => ObjectPage) => ({
  backend: ((blobs) => ({
    list: (container, options = {}) => list(now(blobs.list(container, options)), options),
  })) satisfies Defects[string]['backend'],
});

export const streamDefects: Defects = {
  'shows what is on its way': {
    breaks: ['nobody sees anything of an object before it is finished'],
    backend: withWriter((stream, blobs, container, name) => ({
      write(bytes) {
        put(blobs, container, name, bytes);
        return stream.write(bytes);
      },
    })),
  },
  'makes room when a write begins': {
    breaks: [
      'nobody sees anything of an object before it is finished',
      'a write that is aborted leaves nothing, and what was there stays',
    ],
    backend: (blobs) => ({
      write(container, name, options) {
        void blobs.delete(container, [name]);
        return blobs.write(container, name, options);
      },
    }),
  },
  'finishes what is aborted': {
    breaks: ['a write that is aborted leaves nothing, and what was there stays'],
    backend: withWriter((stream) => {
      let over = false;
      return {
        finish: () => ((over = true), stream.finish()),
        abort() {
          if (!over) void stream.finish();
          over = true;
        },
      };
    }),
  },
  'finishes twice': {
    breaks: ['a stream that is over takes and gives no more'],
    guest: (blobs) => ({
      write(container, name, options) {
        const stream = now(blobs.write(container, name, options));
        let version: string | undefined;
        return { ...stream, finish: () => (version ??= now(stream.finish())) };
      },
    }),
  },
  'reads what was closed': {
    breaks: ['a stream that is over takes and gives no more'],
    guest: (blobs) => ({
      read(container, name, range) {
        const stream = now(blobs.read(container, name, range));
        return stream && { ...stream, close: () => undefined };
      },
    }),
  },
  'takes the length for the end': withRange(({ offset, length }) =>
    length === undefined ? { offset } : { offset, length: Math.max(0, length - offset) },
  ),
  'takes the end for inclusive': withRange(({ offset, length }) =>
    length === undefined ? { offset } : { offset, length: length + 1 },
  ),
  'reads from the beginning': withRange(({ length }) => ({
    offset: 0,
    ...(length !== undefined && { length }),
  })),
  'reads all where nothing is wanted': withRange(({ offset, length }) =>
    length === 0 ? { offset } : { offset, ...(length !== undefined && { length }) },
  ),
  'fails past the end': {
    breaks: [ranges],
    backend: (blobs) => ({
      read(container, name, range) {
        if (range !== undefined && range.offset >= (now(blobs.info(container, name))?.size ?? 0))
          throw new CapabilityError('invalid-argument', 'the range cannot be satisfied');
        return blobs.read(container, name, range);
      },
    }),
  },
  'takes any range': {
    breaks: [ranges],
    guest: (blobs) => ({
      read: (container, name, range) =>
        blobs.read(container, name, range && { ...range, offset: Math.max(0, Math.trunc(range.offset)) }),
    }),
  },
  'gives more than was asked for': {
    breaks: [pieces],
    backend: withReader((stream) => ({ read: () => stream.read(1_000_000) })),
  },
  'gives all at once': {
    breaks: [pieces],
    guest: (blobs) => ({
      read(container, name, range) {
        const stream = now(blobs.read(container, name, range));
        if (stream === undefined) return undefined;
        return {
          ...stream,
          read(max) {
            const first = now(stream.read(Math.min(max, 1_000_000)));
            if (first === undefined || max <= 1_000_000) return first;
            return Buffer.concat([first, now(stream.read(1_000_000)) ?? Buffer.alloc(0)]);
          },
        };
      },
    }),
  },
  'gives nothing where nothing was asked for': {
    breaks: [pieces],
    guest: (blobs) => ({
      read(container, name, range) {
        const stream = now(blobs.read(container, name, range));
        return stream && { ...stream, read: (max) => (max === 0 ? new Uint8Array(0) : stream.read(max)) };
      },
    }),
  },
  'breaks off after a piece that was too large': {
    breaks: ['a piece that is too large is refused, and the others are written'],
    guest: (blobs) => ({
      write(container, name, options) {
        const stream = now(blobs.write(container, name, options));
        return {
          ...stream,
          write(bytes) {
            try {
              return stream.write(bytes);
            } catch (error) {
              void stream.abort();
              throw error;
            }
          },
        };
      },
    }),
  },
  'takes pieces of any size': {
    breaks: ['a piece that is too large is refused, and the others are written'],
    guest: (blobs) => ({
      write(container, name, options) {
        const stream = now(blobs.write(container, name, options));
        return { ...stream, write: (bytes) => stream.write(bytes.subarray(0, 1_000_000)) };
      },
    }),
  },
  "keeps the guest's own bytes": {
    breaks: ['bytes are copied on their way in and out'],
    backend: (blobs) => ({
      write(container, name, options) {
        const kept: Uint8Array[] = [];
        return {
          write: (bytes) => void kept.push(bytes),
          finish: () => put(blobs, container, name, Buffer.concat(kept), options),
          abort: () => undefined,
        };
      },
    }),
  },
  'gives its own bytes away': {
    breaks: ['bytes are copied on their way in and out'],
    backend: (blobs, notes) => ({
      read(container, name, range) {
        const stream = now(blobs.read(container, name, range));
        const bytes = (notes.get(name) ?? get(blobs, container, name)) as Uint8Array;
        notes.set(name, bytes);
        let over = false;
        return stream && { ...stream, read: () => (over ? undefined : ((over = true), bytes)) };
      },
    }),
  },
  'mixes what is written at once': {
    breaks: ['of writes at once one stays, whole'],
    backend: (blobs, notes) => ({
      write(container, name, options) {
        const shared = (notes.get(name) as Uint8Array[] | undefined) ?? [];
        notes.set(name, shared);
        return {
          write: (bytes) => void shared.push(new Uint8Array(bytes)),
          finish() {
            notes.delete(name);
            return put(blobs, container, name, Buffer.concat(shared.splice(0)), options);
          },
          abort: () => undefined,
        };
      },
    }),
  },
  'lists without the prefix': {
    breaks: ['a listing says what the objects are, by prefix'],
    backend: (blobs) => ({
      list: (container, options) => blobs.list(container, omit(options, 'prefix')),
    }),
  },
  'tells no sizes': {
    breaks: ['a listing says what the objects are, by prefix'],
    ...withPages((page) => ({ ...page, objects: page.objects.map((each) => ({ ...each, size: 0 })) })),
  },
  'lists the first page alone': {
    breaks: ['every object is on one of the pages'],
    ...withPages(({ objects }) => ({ objects })),
  },
  'leaves out the last of a page': {
    breaks: ['every object is on one of the pages'],
    ...withPages((page) =>
      page.cursor === undefined ? page : { ...page, objects: page.objects.slice(0, -1) },
    ),
  },
  'lists all on one page': {
    breaks: ['every object is on one of the pages'],
    backend: (blobs) => ({
      list: (container, options) => blobs.list(container, { ...options, limit: 1_000_000 }),
    }),
  },
  'counts objects to go on': {
    breaks: ['what comes and goes between pages hides nothing that stays'],
    backend: (blobs) => ({
      list(container, { prefix = '', cursor = '0', limit = 1_000 } = {}): ObjectPage {
        if (!/^\d+$/.test(cursor)) throw new CapabilityError('invalid-argument', 'broken cursor');
        const { objects } = now(blobs.list(container, { prefix, limit: 1_000_000 }));
        const end = Number(cursor) + limit;
        const page = { objects: objects.slice(Number(cursor), end) };
        return end < objects.length ? { ...page, cursor: String(end) } : page;
      },
    }),
  },
  'begins anew with a broken cursor': {
    breaks: [broken],
    guest: (blobs) => ({
      list(container, options) {
        try {
          return blobs.list(container, options);
        } catch {
          return blobs.list(container);
        }
      },
    }),
  },
  'lists backwards': {
    breaks: ['a listing is in the order of UTF-8 bytes'],
    backend: (blobs) => ({
      list: (container, options) => ({
        objects: now(blobs.list(container, { ...options, limit: 1_000_000 })).objects.toReversed(),
      }),
    }),
  },
  'lists containers in the order of UTF-16': {
    breaks: ['a listing is in the order of UTF-8 bytes'],
    backend: (blobs) => ({
      listContainers: (options) => ({
        containers: now(blobs.listContainers({ ...options, limit: 1_000_000 })).containers.toSorted(),
      }),
    }),
  },
};
