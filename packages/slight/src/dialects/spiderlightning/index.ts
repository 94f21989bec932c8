import type { HostImports, HostInterface } from '@spiderlightning/component';
import type { CapabilityName, Opener } from '../../capabilities/core/capability.ts';
import type { OutgoingSession } from '../../outgoing/client.ts';
import type { IncomingBody } from '../../triggers/http-message.ts';
import { blobsInterface } from './blobs.ts';
import { configsInterface } from './configs.ts';
import { connections, connectionsInterface } from './connections.ts';
import type { HeldSink } from './connections.ts';
import { httpBody, httpBodyInterface } from './http-body.ts';
import { keyvalueInterface } from './keyvalue.ts';
import { locksInterface } from './locks.ts';
import { loggingInterface } from './logging.ts';
import type { LogSink } from './logging.ts';
import { messagingInterface } from './messaging.ts';
import { outgoingHttp, outgoingHttpInterface } from './outgoing-http.ts';
import { stdio, stdioInterface } from './stdio.ts';
import type { PrintSink } from './stdio.ts';
import { sqlInterface } from './sql.ts';

export {
  commandHandler,
  messageHandler,
  runCommand,
  scheduleHandler,
  tellChange,
  tellMessages,
  tellSchedule,
  watchHandler,
} from './events.ts';
export type { HeldSink } from './connections.ts';
export { heldHandler, tellHeld } from './held-handler.ts';
export { httpBody } from './http-body.ts';
export {
  handleRequest,
  handleText,
  httpHandler,
  httpHandlers,
  httpStream,
  httpTextHandler,
  nextPiece,
} from './http-handler.ts';
export type { Handle } from './http-handler.ts';
export type { LogLevel, LogSink } from './logging.ts';
export type { PrintSink } from './stdio.ts';

/** The interface of each capability that a slightfile grants. */
const capabilities: {
  readonly [Name in CapabilityName]: { readonly name: string; serve(opener: Opener<any>): HostInterface };
} = {
  blobs: { name: 'spiderlightning:cloud/blobs@0.6.0', serve: blobsInterface },
  configs: { name: 'spiderlightning:cloud/configs@0.6.0', serve: configsInterface },
  keyvalue: { name: 'spiderlightning:cloud/keyvalue@0.6.0', serve: keyvalueInterface },
  locks: { name: 'spiderlightning:cloud/locks@0.6.0', serve: locksInterface },
  sql: { name: 'spiderlightning:cloud/sql@0.6.0', serve: sqlInterface },
  messaging: { name: 'spiderlightning:cloud/messaging@0.6.0', serve: messagingInterface },
};
const granted = Object.entries(capabilities) as [CapabilityName, (typeof capabilities)[CapabilityName]][];

/** What a slightfile grants: a capability, or to ask other servers. */
export type GrantName = CapabilityName | 'outgoing';

/** The interfaces of SpiderLightning 0.6 that this host serves, each with the grant that it needs. */
export const served: readonly { readonly name: string; readonly grant: GrantName | undefined }[] = [
  { name: 'spiderlightning:cloud/types@0.6.0', grant: undefined },
  { name: 'spiderlightning:cloud/http-types@0.6.0', grant: undefined },
  { name: 'spiderlightning:cloud/logging@0.6.0', grant: undefined },
  { name: httpBody, grant: undefined },
  { name: connections, grant: undefined },
  { name: stdio, grant: undefined },
  { name: outgoingHttp, grant: 'outgoing' },
  ...granted.map(([grant, { name }]) => ({ name, grant })),
];

/** What an app may open, by capability. Absent: not granted, so not served. */
export type Openers = { readonly [Name in CapabilityName]?: Opener<any> | undefined };

/** What lies behind the interfaces for one instance. */
export interface Grants extends Openers {
  readonly log: LogSink;
  /** The body of the request that is being answered, where it is still on its way. */
  readonly body?: () => IncomingBody | undefined;
  readonly held?: HeldSink | undefined;
  /** Absent: not granted. */
  readonly outgoing?: OutgoingSession | undefined;
  /** Where what it prints goes. */
  readonly print?: PrintSink | undefined;
}

/** The imports of SpiderLightning 0.6 for one instance. */
export function spiderlightningImports({
  log,
  body,
  held,
  outgoing,
  print,
  ...openers
}: Grants): HostImports {
  const imports: { [name: string]: HostInterface } = {
    'spiderlightning:cloud/types@0.6.0': {},
    'spiderlightning:cloud/http-types@0.6.0': {},
    'spiderlightning:cloud/logging@0.6.0': loggingInterface(log),
    ...(body && { [httpBody]: httpBodyInterface(body) }),
    ...(print && { [stdio]: stdioInterface(print) }),
    ...(outgoing && { [outgoingHttp]: outgoingHttpInterface(outgoing) }),
    ...(held && { [connections]: connectionsInterface(held) }),
  };
  for (const [capability, { name, serve }] of granted) {
    const opener = openers[capability];
    if (opener !== undefined) imports[name] = serve(opener);
  }
  return imports;
}
