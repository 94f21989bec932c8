import type { HostImports } from '@spiderlightning/component';
import type { IncomingBody } from '../../triggers/http-message.ts';
import { connections, connectionsInterface } from './connections.ts';
import type { HeldSink } from './connections.ts';
import { httpBody, httpBodyInterface } from './http-body.ts';
import { keyvalueInterface } from './keyvalue.ts';
import type { KeyValueStores } from './keyvalue.ts';
import { loggingInterface } from './logging.ts';
import type { LogSink } from './logging.ts';

export type { HeldSink } from './connections.ts';
export { heldHandler, tellHeld } from './held-handler.ts';
export { httpBody } from './http-body.ts';
export { handleRequest, httpHandler, httpStream, nextPiece } from './http-handler.ts';
export type { KeyValueStores } from './keyvalue.ts';
export type { LogLevel, LogSink } from './logging.ts';

/** Capabilities that a slightfile grants. */
export type Capability = 'keyvalue';

/** The interfaces of SpiderLightning 0.6 that this host serves, each with the capability that it needs. */
export const served: readonly { readonly name: string; readonly capability: Capability | undefined }[] = [
  { name: 'spiderlightning:cloud/types@0.6.0', capability: undefined },
  { name: 'spiderlightning:cloud/logging@0.6.0', capability: undefined },
  { name: httpBody, capability: undefined },
  { name: connections, capability: undefined },
  { name: 'spiderlightning:cloud/keyvalue@0.6.0', capability: 'keyvalue' },
];

/** What lies behind the interfaces for one instance. */
export interface Grants {
  readonly log: LogSink;
  /** The body of the request that is being answered, where it is still on its way. */
  readonly body?: () => IncomingBody | undefined;
  readonly held?: HeldSink | undefined;
  /** Absent: not granted, so not served. */
  readonly keyvalue?: KeyValueStores | undefined;
}

/** The imports of SpiderLightning 0.6 for one instance. */
export function spiderlightningImports({ log, body, held, keyvalue }: Grants): HostImports {
  return {
    'spiderlightning:cloud/types@0.6.0': {},
    'spiderlightning:cloud/logging@0.6.0': loggingInterface(log),
    ...(body && { [httpBody]: httpBodyInterface(body) }),
    ...(held && { [connections]: connectionsInterface(held) }),
    ...(keyvalue && { 'spiderlightning:cloud/keyvalue@0.6.0': keyvalueInterface(keyvalue) }),
  };
}
