import { admit } from '../../core/fence.ts';
import type { Blobs, Fence } from '../contract.ts';
import { now, omit, type Defects } from './defect.ts';

const older = 'a write with an older token is refused, whatever it does';
const late = 'a fence is looked at when the write is finished, before its conditions';
const gone = 'a token is remembered when the object is gone';
const own = 'a fence guards its own object, and a lock the tokens of its own';

/** A backend that sees other fences than it is given. */
function withFences(change: (fence: Fence, container: string, name: string) => Fence) {
  return (blobs: Blobs): Partial<Blobs> => {
    const guard = ({ fence }: { readonly fence?: Fence } = {}, container: string, name: string) =>
      fence === undefined ? {} : { fence: change(fence, container, name) };
    return {
      write: (container, name, options = {}) =>
        blobs.write(container, name, { ...options, ...guard(options, container, name) }),
      delete: (container, names, options) =>
        names.forEach((name) => void blobs.delete(container, [name], guard(options, container, name))),
      copy: (source, target, options) =>
        blobs.copy(source, target, guard(options, target.container, target.name)),
      move: (source, target, options) =>
        blobs.move(source, target, guard(options, target.container, target.name)),
    };
  };
}

export const fenceDefects: Defects = {
  'writes under any token': {
    breaks: [older, late, gone],
    backend: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'fence')),
    }),
  },
  'deletes under any token': {
    breaks: [older],
    backend: (blobs) => ({ delete: (container, names) => blobs.delete(container, names) }),
  },
  'copies under any token': {
    breaks: [older],
    backend: (blobs) => ({ copy: (source, target) => blobs.copy(source, target) }),
  },
  'moves under any token': {
    breaks: [older],
    backend: (blobs) => ({ move: (source, target) => blobs.move(source, target) }),
  },
  'guards what is moved only where it goes': {
    breaks: [older],
    backend: (blobs) => ({
      move(source, target, options) {
        void blobs.copy(source, target, options);
        return blobs.delete(source.container, [source.name]);
      },
    }),
  },
  'deletes some before it looks at the fence of the others': {
    breaks: [older],
    backend: (blobs) => ({
      delete: (container, names, options) =>
        names.forEach((name) => void blobs.delete(container, [name], options)),
    }),
  },
  'compares tokens as texts': {
    breaks: [older],
    backend: (blobs, notes) => ({
      write(container, name, { fence, ...options } = {}) {
        const seen = notes.get(name) as string | undefined;
        if (fence !== undefined && seen !== undefined && fence.token < seen)
          admit({ ...fence, token: '0' }, '1');
        if (fence !== undefined) notes.set(name, fence.token);
        return blobs.write(container, name, options);
      },
    }),
  },
  'looks at the fence when a write begins': {
    breaks: [late],
    backend: (blobs, notes) => ({
      write(container, name, { fence, ...options } = {}) {
        const seen = notes.get(name) as string | undefined;
        if (fence !== undefined) admit(fence, seen);
        if (fence !== undefined) notes.set(name, fence.token);
        return blobs.write(container, name, options);
      },
    }),
  },
  'forgets tokens with the object': {
    breaks: [gone],
    backend: (blobs, notes) => {
      const age = (name: string) => (notes.get(name) as number | undefined) ?? 0;
      return {
        ...withFences((fence, _, name) => ({ ...fence, lock: `${fence.lock} ${age(name)}` }))(blobs),
        clear(container) {
          for (const { name } of now(blobs.list(container)).objects) notes.set(name, age(name) + 1);
          return blobs.clear(container);
        },
        delete(container, names) {
          for (const name of names) notes.set(name, age(name) + 1);
          return blobs.delete(container, names);
        },
      };
    },
  },
  'has one token for all locks': {
    breaks: [own],
    backend: withFences((fence) => ({ ...fence, lock: 'all' })),
  },
  'has one token for all objects': {
    breaks: [own],
    backend: (blobs, notes) => ({
      write(container, name, { fence, ...options } = {}) {
        if (fence !== undefined) admit(fence, notes.get('all') as string | undefined);
        if (fence !== undefined) notes.set('all', fence.token);
        return blobs.write(container, name, options);
      },
    }),
  },
  'takes any token for one': {
    breaks: ['a fence that cannot be is invalid-argument'],
    guest: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'fence')),
    }),
  },
  'ignores fences': {
    breaks: ['`fence`, which is not declared, is unsupported'],
    lacks: ['fence'],
    guest: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'fence')),
    }),
  },
};
