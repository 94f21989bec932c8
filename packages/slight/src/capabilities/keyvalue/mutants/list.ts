import { CapabilityError } from '../../core/error.ts';
import type { KeyPage, KeysOptions, KeyValue } from '../contract.ts';
import { allKeys, pageByOffset, type Defects } from './defect.ts';

/** Listings that are made by something else than the store. */
function withKeysOf(
  list: (store: KeyValue, options: KeysOptions) => KeyPage,
): (store: KeyValue) => Partial<KeyValue> {
  return (store) => ({ keys: (options = {}) => list(store, options) });
}

/** Of listings. */
export const listDefects: Defects = {
  'a listing has an empty key too many': {
    breaks: ['an empty store lists nothing'],
    backend: withKeysOf((store, options) => {
      const page = store.keys(options) as KeyPage;
      return { ...page, keys: [...page.keys, ''] };
    }),
  },
  'the first key of each later page is skipped': {
    breaks: ['every key is listed, whatever the size of the pages'],
    backend: withKeysOf((store, options) => {
      const page = store.keys(options) as KeyPage;
      return options.cursor === undefined ? page : { ...page, keys: page.keys.slice(1) };
    }),
  },
  'all keys come in one page': {
    breaks: ['a long listing comes in pages'],
    backend: withKeysOf((store, { cursor, prefix }) => {
      if (cursor !== undefined) throw new CapabilityError('invalid-argument', 'broken cursor');
      return { keys: allKeys(store, prefix) };
    }),
  },
  'a prefix is a pattern': {
    breaks: ['a prefix is plain text: case and wildcards count'],
    backend: withKeysOf((store, options) => {
      const pattern = (options.prefix ?? '').replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}`, 's');
      const keys = allKeys(store).filter((key) => expression.test(key));
      return pageByOffset(keys, options);
    }),
  },
  'a prefix ignores case': {
    breaks: ['a prefix is plain text: case and wildcards count'],
    backend: withKeysOf((store, options) => {
      const prefix = (options.prefix ?? '').toLowerCase();
      return pageByOffset(
        allKeys(store).filter((key) => key.toLowerCase().startsWith(prefix)),
        options,
      );
    }),
  },
  'deleted keys are listed': {
    breaks: ['a deleted key is not listed, a replaced one once'],
    backend(store, notes) {
      return {
        set(key, value, options) {
          notes.set(key, true);
          return store.set(key, value, options);
        },
        keys: (options = {}) => pageByOffset([...notes.keys()].toSorted(), options),
      };
    },
  },
  'a replaced key is listed twice': {
    breaks: ['a deleted key is not listed, a replaced one once'],
    backend(store, notes) {
      const log: string[] = notes.get('log') ?? [];
      notes.set('log', log);
      return {
        set(key, value, options) {
          log.push(key);
          return store.set(key, value, options);
        },
        keys: (options = {}) =>
          pageByOffset(
            log.filter((key) => store.exists(key) as boolean),
            options,
          ),
      };
    },
  },
  'keys come in the order of UTF-16': {
    breaks: ['keys come in the order of their UTF-8 bytes'],
    backend: withKeysOf((store, options) => pageByOffset(allKeys(store, options.prefix).toSorted(), options)),
  },
  'the cursor is a count': {
    breaks: [
      'a key that stays is listed while others go between the pages',
      'the key that ends a page may go before the next',
    ],
    backend: withKeysOf((store, options) => pageByOffset(allKeys(store, options.prefix), options)),
  },
  'the cursor is a count from the end': {
    breaks: ['a key that stays is listed while others come between the pages'],
    backend: withKeysOf((store, options) =>
      pageByOffset(allKeys(store, options.prefix).toReversed(), options),
    ),
  },
  'a broken cursor begins again': {
    breaks: ['a cursor that no page gave is invalid-argument'],
    backend: withKeysOf(
      (store, options) =>
        store.keys(options.cursor?.startsWith('>') ? options : { ...options, cursor: '>' }) as KeyPage,
    ),
  },
};
