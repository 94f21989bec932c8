/**
 * What a backend is written with: `defineBackend`, the one error that it throws, and the contract of each capability. The
 * suites that it has to pass are in `@spiderlightning/slight/conformance`.
 * @module
 */
export { defineBackend } from './capabilities/core/backend.ts';
export type { Backend, ConfigField, MaybePromise, OpenContext } from './capabilities/core/backend.ts';
export { CapabilityError } from './capabilities/core/error.ts';
export type { ErrorCode, ErrorDetails } from './capabilities/core/error.ts';
export { listAfter } from './capabilities/core/page.ts';
export type { PageOptions } from './capabilities/core/page.ts';
export { collectValues } from './capabilities/keyvalue/many.ts';
export { Secret } from './capabilities/core/secret.ts';
export type {
  Blobs,
  BlobsFeature,
  ContainerInfo,
  ContainerPage,
  GuardOptions,
  ListedObject,
  ListOptions,
  ObjectId,
  ObjectInfo,
  ObjectPage,
  PresignOptions,
  Range,
  ReadStream,
  // Another capability has a name for its own.
  WriteOptions as BlobsWriteOptions,
  WriteStream,
} from './capabilities/blobs/contract.ts';
export type * from './capabilities/configs/contract.ts';
export type * from './capabilities/keyvalue/contract.ts';
export type * from './capabilities/locks/contract.ts';
export type * from './capabilities/messaging/contract.ts';
export type * from './capabilities/sql/contract.ts';
