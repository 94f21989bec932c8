import type { HostFunction, HostImports, HostInterface } from '@spiderlightning/component';
import { VERSION } from './version.ts';

/** Every method of a descriptor that answers a result. */
const DESCRIPTOR_METHODS = [
  'read-via-stream',
  'write-via-stream',
  'append-via-stream',
  'advise',
  'sync-data',
  'get-flags',
  'get-type',
  'set-size',
  'set-times',
  'read',
  'write',
  'read-directory',
  'sync',
  'create-directory-at',
  'stat',
  'stat-at',
  'set-times-at',
  'link-at',
  'open-at',
  'readlink-at',
  'remove-directory-at',
  'rename-at',
  'symlink-at',
  'unlink-file-at',
  'metadata-hash',
  'metadata-hash-at',
];

const refuse: HostFunction = () => ({ tag: 'err', val: 'bad-descriptor' });

/**
 * wasi:filesystem with no directory in it. A guest starts from the preopened ones and there are none, so it never
 * holds a descriptor; the methods are there because a guest imports them all, and answer `bad-descriptor`.
 */
export function bindFilesystem(): HostImports {
  const types: HostInterface = {
    ...Object.fromEntries(DESCRIPTOR_METHODS.map((name) => [`[method]descriptor.${name}`, refuse])),
    '[method]descriptor.is-same-object': (one: unknown, other: unknown) => one === other,
    '[method]directory-entry-stream.read-directory-entry': refuse,
    // No stream error here ever comes from a file.
    'filesystem-error-code': () => undefined,
  };
  return {
    [`wasi:filesystem/types@${VERSION}`]: types,
    [`wasi:filesystem/preopens@${VERSION}`]: { 'get-directories': () => [] },
  };
}
