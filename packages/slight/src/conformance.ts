/**
 * What backends promise, as checks that any test runner can run: a suite for each capability. `openCapabilityOn` puts
 * a backend behind the portable layer, where the suites look at it.
 * @module
 */
export type { Backend, OpenContext } from './capabilities/core/backend.ts';
export type { Check } from './capabilities/core/check.ts';
export { openCapabilityOn } from './capabilities/core/open.ts';
export { blobsConformance } from './capabilities/blobs/conformance.ts';
export type { BlobsTarget } from './capabilities/blobs/conformance.ts';
export type { Blobs, BlobsFeature } from './capabilities/blobs/contract.ts';
export { configsConformance } from './capabilities/configs/conformance.ts';
export type { ConfigsTarget } from './capabilities/configs/conformance.ts';
export type { Configs, ConfigsFeature } from './capabilities/configs/contract.ts';
export { keyValueConformance } from './capabilities/keyvalue/conformance.ts';
export type { ConformanceTarget as KeyValueTarget } from './capabilities/keyvalue/conformance.ts';
export type { KeyValue, KeyValueFeature } from './capabilities/keyvalue/contract.ts';
export { locksConformance, type LocksTarget } from './capabilities/locks/conformance.ts';
export type { Grant, Locks, LocksFeature } from './capabilities/locks/contract.ts';
export { sqlConformance } from './capabilities/sql/conformance.ts';
export type { SqlTarget, SqlTypes } from './capabilities/sql/conformance.ts';
export type {
  Sql,
  SqlChanges,
  SqlFeature,
  SqlPrepared,
  SqlRow,
  SqlRows,
  SqlStatement,
  SqlTransaction,
  SqlValue,
} from './capabilities/sql/contract.ts';
export { messagingConformance } from './capabilities/messaging/conformance.ts';
export type { MessagingTarget } from './capabilities/messaging/conformance.ts';
export type { Messaging, MessagingFeature } from './capabilities/messaging/contract.ts';
