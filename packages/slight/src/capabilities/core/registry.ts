import type { Capability, CapabilityName, Opened } from './capability.ts';
import { blobsOperations } from '../blobs/contract.ts';
import type { Blobs, BlobsFeature } from '../blobs/contract.ts';
import { portableBlobs } from '../blobs/portable.ts';
import { configsOperations } from '../configs/contract.ts';
import type { Configs, ConfigsFeature } from '../configs/contract.ts';
import { portableConfigs } from '../configs/portable.ts';
import { keyValueOperations } from '../keyvalue/contract.ts';
import type { KeyValue, KeyValueFeature } from '../keyvalue/contract.ts';
import { portableKeyValue } from '../keyvalue/portable.ts';
import { locksOperations } from '../locks/contract.ts';
import type { Locks, LocksFeature } from '../locks/contract.ts';
import { portableLocks } from '../locks/portable.ts';
import { sqlOperations } from '../sql/contract.ts';
import type { Sql, SqlFeature } from '../sql/contract.ts';
import { portableSql } from '../sql/portable.ts';
import { messagingOperations } from '../messaging/contract.ts';
import type { Messaging, MessagingFeature } from '../messaging/contract.ts';
import { portableMessaging } from '../messaging/portable.ts';
import { messagingNeeds, messagingSettings } from '../messaging/settings.ts';

const redisSchemes = [
  'redis',
  'rediss',
  'redis+sentinel',
  'rediss+sentinel',
  'redis+cluster',
  'rediss+cluster',
];

function define<Contract extends Opened, Feature extends string>(
  capability: Capability<Contract, Feature>,
): Capability<Contract, Feature> {
  return capability;
}

/** Every capability there is, each with every backend of it. */
export const capabilities = {
  blobs: define<Blobs, BlobsFeature>({
    noun: 'blob store',
    embedded: 'filesystem',
    operations: blobsOperations,
    portable: portableBlobs,
    backends: [
      { schemes: ['memory'], load: async () => (await import('../blobs/backends/memory.ts')).memory },
      {
        schemes: ['filesystem'],
        load: async () => (await import('../blobs/backends/filesystem.ts')).filesystem,
      },
    ],
  }),
  configs: define<Configs, ConfigsFeature>({
    noun: 'configs',
    embedded: undefined,
    example: '{ bind = "envvars", names = ["LOG_LEVEL"] }',
    operations: configsOperations,
    portable: portableConfigs,
    backends: [
      { schemes: ['envvars'], load: async () => (await import('../configs/backends/envvars.ts')).envvars },
      { schemes: ['file'], load: async () => (await import('../configs/backends/file.ts')).file },
      {
        schemes: ['usersecrets'],
        load: async () => (await import('../configs/backends/usersecrets.ts')).usersecrets,
      },
    ],
  }),
  keyvalue: define<KeyValue, KeyValueFeature>({
    noun: 'key-value store',
    embedded: 'sqlite',
    operations: keyValueOperations,
    portable: portableKeyValue,
    backends: [
      { schemes: ['memory'], load: async () => (await import('../keyvalue/backends/memory.ts')).memory },
      { schemes: ['sqlite'], load: async () => (await import('../keyvalue/backends/sqlite.ts')).sqlite },
      {
        schemes: ['filesystem'],
        load: async () => (await import('../keyvalue/backends/filesystem.ts')).filesystem,
      },
      {
        schemes: redisSchemes,
        load: async () => (await import('../keyvalue/backends/redis.ts')).redis,
      },
      { schemes: ['etcd', 'etcds'], load: async () => (await import('../keyvalue/backends/etcd.ts')).etcd },
      {
        schemes: ['postgres'],
        load: async () => (await import('../keyvalue/backends/postgres.ts')).postgres,
      },
      { schemes: ['nats'], load: async () => (await import('../keyvalue/backends/nats.ts')).nats },
    ],
  }),
  locks: define<Locks, LocksFeature>({
    noun: 'locks',
    embedded: 'sqlite',
    operations: locksOperations,
    portable: portableLocks,
    backends: [
      { schemes: ['memory'], load: async () => (await import('../locks/backends/memory.ts')).memory },
      { schemes: ['sqlite'], load: async () => (await import('../locks/backends/sqlite.ts')).sqlite },
      { schemes: ['etcd', 'etcds'], load: async () => (await import('../locks/backends/etcd.ts')).etcd },
      { schemes: ['keyvalue'], load: async () => (await import('../locks/backends/keyvalue.ts')).keyvalue },
      { schemes: ['postgres'], load: async () => (await import('../locks/backends/postgres.ts')).postgres },
      { schemes: redisSchemes, load: async () => (await import('../locks/backends/redis.ts')).redis },
      { schemes: ['nats'], load: async () => (await import('../locks/backends/nats.ts')).nats },
    ],
  }),
  sql: define<Sql, SqlFeature>({
    noun: 'database',
    embedded: 'sqlite',
    operations: sqlOperations,
    portable: portableSql,
    backends: [{ schemes: ['sqlite'], load: async () => (await import('../sql/backends/sqlite.ts')).sqlite }],
  }),
  messaging: define<Messaging, MessagingFeature>({
    noun: 'messaging',
    embedded: 'sqlite',
    operations: messagingOperations,
    settings: messagingSettings,
    needs: messagingNeeds,
    portable: portableMessaging,
    backends: [
      { schemes: ['memory'], load: async () => (await import('../messaging/backends/memory.ts')).memory },
      { schemes: ['sqlite'], load: async () => (await import('../messaging/backends/sqlite.ts')).sqlite },
      { schemes: ['nats'], load: async () => (await import('../messaging/backends/nats.ts')).nats },
      {
        schemes: redisSchemes,
        load: async () => (await import('../messaging/backends/redis.ts')).redis,
      },
      { schemes: ['mqtt', 'mqtts'], load: async () => (await import('../messaging/backends/mqtt.ts')).mqtt },
    ],
  }),
} satisfies { readonly [Name in CapabilityName]: Capability<any, any> };

type Registered<Name extends CapabilityName> = (typeof capabilities)[Name];

/** What an app opens of a capability. */
export type ContractOf<Name extends CapabilityName> =
  Registered<Name> extends Capability<infer Contract, any> ? Contract : never;

/** What a backend of a capability may declare. */
export type FeatureOf<Name extends CapabilityName> =
  Registered<Name> extends Capability<any, infer Feature> ? Feature : never;
