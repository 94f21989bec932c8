import { get, now, omit, put, type Defects } from './defect.ts';

export const containerDefects: Defects = {
  'deletes no container': {
    breaks: [
      'a container is there from its creation to its deletion',
      'a container goes with all that is in it',
    ],
    backend: () => ({ deleteContainer: () => undefined }),
  },
  'says that every container is there': {
    breaks: ['a container is there from its creation to its deletion'],
    backend: () => ({ containerExists: () => true }),
  },
  'knows of containers that are not there': {
    breaks: ['a container is there from its creation to its deletion'],
    backend: () => ({ containerInfo: (name) => ({ name, created: Date.now() }) }),
  },
  'counts the age of containers in seconds': {
    breaks: ['a container is there from its creation to its deletion'],
    backend: (blobs) => ({
      containerInfo(name) {
        const info = now(blobs.containerInfo(name));
        return info && { ...info, created: Math.floor(info.created! / 1_000) };
      },
    }),
  },
  'creates a container over the one that is there': {
    breaks: ['a container that is there is not created once more'],
    backend: (blobs) => ({
      createContainer(name) {
        void blobs.deleteContainer(name);
        void blobs.createContainer(name);
      },
    }),
  },
  'lets a container be created that is there': {
    breaks: ['a container that is there is not created once more'],
    backend: (blobs) => ({
      createContainer: (name) => (now(blobs.containerExists(name)) ? undefined : blobs.createContainer(name)),
    }),
  },
  'keeps the objects of a container that went': {
    breaks: ['a container goes with all that is in it'],
    backend: (blobs, notes) => ({
      deleteContainer(name) {
        for (const object of now(blobs.list(name)).objects) {
          notes.set(JSON.stringify([name, object.name]), get(blobs, name, object.name));
        }
        void blobs.deleteContainer(name);
      },
      createContainer(name) {
        void blobs.createContainer(name);
        for (const [key, bytes] of notes) {
          const [container, object] = JSON.parse(key) as [string, string];
          if (container === name) put(blobs, name, object, bytes as Uint8Array);
        }
      },
    }),
  },
  'makes the container that is missing': {
    breaks: [
      'what uses a container that is not there is not-found',
      'a write whose container went is not-found, and brings nothing back',
    ],
    backend: (blobs) => ({
      write(container, name, options) {
        if (!now(blobs.containerExists(container))) void blobs.createContainer(container);
        const stream = now(blobs.write(container, name, options));
        return {
          ...stream,
          finish() {
            if (!now(blobs.containerExists(container))) void blobs.createContainer(container);
            return stream.finish();
          },
        };
      },
    }),
  },
  'takes a missing container for an empty one': {
    breaks: ['what uses a container that is not there is not-found'],
    backend: (blobs) => ({
      list: (name, options) =>
        now(blobs.containerExists(name)) ? blobs.list(name, options) : { objects: [] },
    }),
  },
  'lists containers without their prefix': {
    breaks: ['containers are listed, by prefix, a page at a time'],
    backend: (blobs) => ({
      listContainers: (options) => blobs.listContainers(omit(options, 'prefix')),
    }),
  },
  'lists the first page of containers alone': {
    breaks: ['containers are listed, by prefix, a page at a time'],
    backend: (blobs) => ({
      listContainers: (options) => ({ containers: now(blobs.listContainers(options)).containers }),
    }),
  },
  'lists all containers on one page': {
    breaks: ['containers are listed, by prefix, a page at a time'],
    backend: (blobs) => ({
      listContainers: (options) => blobs.listContainers({ ...options, limit: 1_000_000 }),
    }),
  },
  'takes containers of one spelling for one': {
    breaks: ['containers share no objects, whatever their names'],
    backend: (blobs) => ({
      createContainer: (name) => blobs.createContainer(name.toLowerCase()),
      write: (container, name, options) => blobs.write(container.toLowerCase(), name, options),
      read: (container, name, range) => blobs.read(container.toLowerCase(), name, range),
    }),
  },
  'shares containers between all names': {
    breaks: ['places of two names share nothing'],
    rename: (name) => name.replace(/-(one|two)$/, ''),
  },
  'works on a copy of its own': {
    breaks: ['who opens a name once more sees the same'],
    backend: (blobs) => {
      const hidden = new Set<string>();
      return {
        delete: (_, names) => names.forEach((name) => hidden.add(name)),
        has: (container, name) => !hidden.has(name) && now(blobs.has(container, name)),
      };
    },
  },
  'takes any name': {
    breaks: ['a name that cannot be is invalid-argument'],
    guest: (blobs) => ({
      read: (container, name, range) => blobs.read(container, name.slice(0, 9).toWellFormed() || 'a', range),
    }),
  },
  'takes any container': {
    breaks: ['a name that cannot be is invalid-argument'],
    guest: () => ({ createContainer: () => undefined }),
  },
  'refuses names that are long, and may be': {
    breaks: ['a name that cannot be is invalid-argument', 'objects keep apart, whatever their names'],
    guest: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name.length > 256 ? '' : name, options),
    }),
  },
  'goes on after it was closed': {
    breaks: ['what is closed is cancelled'],
    guest: () => ({ close: () => undefined }),
  },
};
