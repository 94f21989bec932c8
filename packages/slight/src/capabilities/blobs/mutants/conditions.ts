import type { BlobsFeature, WriteOptions } from '../contract.ts';
import { checkConditions } from '../validate.ts';
import { now, omit, put, withWriter, type Defect, type Defects } from './defect.ts';

const absent = 'only-if-absent writes where nothing is, and nowhere else';
const absentLate = 'only-if-absent looks when the write is finished';
const absentRace = 'of writers that each want to be the first, one is';
const version = 'if-version writes over this version alone';
const versionLate = 'if-version looks when the write is finished';
const versionRace = 'of writers over one version, one is let through';

const without = ({ contentType }: WriteOptions = {}): WriteOptions =>
  contentType === undefined ? {} : { contentType };

/** Looks at the conditions of some writes when they begin, and never again. */
function looksEarly(breaks: readonly string[], applies: (options: WriteOptions) => boolean): Defect {
  return {
    breaks,
    backend: (blobs) => ({
      write(container, name, options = {}) {
        if (!applies(options)) return blobs.write(container, name, options);
        checkConditions(options, now(blobs.info(container, name))?.version);
        return blobs.write(container, name, without(options));
      },
    }),
  };
}

/** Does what was asked though it does not declare that it can. */
function undeclared(feature: BlobsFeature, guest: Defect['guest']): Defect {
  return {
    breaks: [`\`${feature}\`, which is not declared, is unsupported`],
    lacks: [feature],
    guest: guest!,
  };
}

export const conditionDefects: Defects = {
  'writes over what is there': {
    breaks: [absent, absentLate, absentRace],
    backend: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'onlyIfAbsent')),
    }),
  },
  'keeps a name that was once taken': {
    breaks: [absent],
    backend: (blobs, notes) => ({
      write(container, name, options = {}) {
        if (options.onlyIfAbsent && notes.has(name)) checkConditions(options, 'there was one');
        notes.set(name, true);
        return blobs.write(container, name, options);
      },
    }),
  },
  'looks for an object when a write begins': looksEarly(
    [absentLate, absentRace],
    ({ onlyIfAbsent }) => onlyIfAbsent ?? false,
  ),
  'writes over any version': {
    breaks: [version, versionLate, versionRace],
    backend: (blobs) => ({
      write: (container, name, options) => blobs.write(container, name, omit(options, 'ifVersion')),
    }),
  },
  'looks at the version when a write begins': looksEarly(
    [versionLate, versionRace],
    ({ ifVersion }) => ifVersion !== undefined,
  ),
  'takes an object that is gone for one of any version': {
    breaks: [version],
    backend: (blobs) => ({
      write(container, name, options) {
        const there = now(blobs.has(container, name));
        return blobs.write(container, name, there ? options : without(options));
      },
    }),
  },
  'writes first and looks then': {
    breaks: [version],
    backend: (blobs) => ({
      write(container, name, options = {}) {
        if (options.ifVersion === undefined) return blobs.write(container, name, options);
        const stream = now(blobs.write(container, name, without(options)));
        return {
          ...stream,
          finish() {
            const before = now(blobs.info(container, name))?.version;
            void stream.finish();
            checkConditions(options, before);
            return now(blobs.info(container, name))!.version;
          },
        };
      },
    }),
  },
  'takes both conditions at once': {
    breaks: ['conditions that exclude each other are invalid-argument'],
    guest: (blobs) => ({
      write: (container, name, options) =>
        options?.onlyIfAbsent && options.ifVersion !== undefined
          ? blobs.write(container, name)
          : blobs.write(container, name, options),
    }),
  },
  'ignores only-if-absent': undeclared('only-if-absent', (blobs) => ({
    write: (container, name, options) => blobs.write(container, name, without(options)),
  })),
  'ignores if-version': undeclared('if-version', (blobs) => ({
    write: (container, name, options) => blobs.write(container, name, without(options)),
  })),
  'makes up a URL': undeclared('presign', () => ({ presign: () => 'https://example.com/' })),
  'finishes late, over whatever came meanwhile': {
    breaks: [absentLate],
    backend: withWriter((stream, blobs, container, name) => ({
      finish() {
        void blobs.delete(container, [name]);
        return stream.finish();
      },
      abort: () => stream.abort(),
    })),
  },
  'leaves an empty object where a condition fails': {
    breaks: [version],
    backend: (blobs) => ({
      write(container, name, options = {}) {
        const stream = now(blobs.write(container, name, options));
        return {
          ...stream,
          finish() {
            try {
              return stream.finish();
            } catch (error) {
              put(blobs, container, name, new Uint8Array(0));
              throw error;
            }
          },
        };
      },
    }),
  },
};
