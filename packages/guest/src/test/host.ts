import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from 'spiderlightning:cloud/types@0.6.0';
import type { Level } from 'spiderlightning:cloud/logging@0.6.0';
import type { Message } from 'spiderlightning:cloud/connections@0.6.0';
import { witError } from './wit-error.ts';

/** A line that the app wrote, by `console` or `log`. */
export interface TestLine {
  readonly level: Level;
  readonly message: string;
  /** Which part of the app wrote it; often empty. */
  readonly context: string;
  readonly fields: { readonly [name: string]: string };
}

/** What the app sent to connections that a host would hold. */
export interface TestMessage {
  /** Where it was broadcast; undefined: it was sent to one connection. */
  readonly channel?: string;
  readonly connection?: string;
  /** Text or bytes; what was sent as JSON is text here. */
  readonly data: string | Uint8Array;
  readonly event: string | undefined;
  readonly id: string | undefined;
}

/** Stands for all other servers. */
export type TestFetch = (request: Request) => Response | Promise<Response>;

/** A capability in memory, of which an app opens instances by name. */
export interface TestKind<Data> {
  /** What one is called in messages: `store`. */
  readonly noun: string;
  /** The option of `testApp` that grants names: a list of them, or an object with what is there first. */
  readonly option: string;
  /** @param given what the option has under the name */
  make(host: TestHost, given: any): Data;
}

/** What an app says on connections, which those that the test has opened take. */
export interface HeldCalls {
  broadcast(channel: string, message: Message): void;
  send(connection: string, message: Message): void;
  close(connection: string, code: number, reason: string): void;
  join(connection: string, channel: string): void;
  leave(connection: string, channel: string): void;
}

/** What stands behind the capabilities of one app under test. */
export interface TestHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** What lies behind a name, or undefined where it was not granted. */
  find<Data>(kind: TestKind<Data>, name: string): Data | undefined;
  /** What uses of a name fail with, until it is taken back. */
  readonly failures: Map<TestKind<any>, Map<string, ErrorCode>>;
  /** Answers what the app asks of other servers. */
  readonly fetch?: TestFetch | undefined;
  readonly lines: TestLine[];
  readonly sent: TestMessage[];
  /** Absent: nobody is connected. */
  readonly held?: HeldCalls;
}

const hosts = new AsyncLocalStorage<TestHost>();

/** Runs a call of an app with this host behind its capabilities, and whatever follows from it. */
export function runWith<T>(host: TestHost, call: () => T): T {
  return hosts.run(host, call);
}

/** The host of the app that runs now, where one does. */
export function findHost(): TestHost | undefined {
  return hosts.getStore();
}

/** @throws {Error} where no app under test runs */
export function requireHost(what: string): TestHost {
  const host = hosts.getStore();
  if (host !== undefined) return host;
  throw new Error(
    `${what} outside of an app under test. In plain Node capabilities exist while testApp(app).request(…) runs; ` +
      'testApp(app).store(name) gives a store to a test',
  );
}

/**
 * What lies behind a name, for one use of it.
 * @throws what WIT calls an error, where the name was not granted or the test wants it to fail
 */
export function useData<Data>(kind: TestKind<Data>, name: string): Data {
  const what = `the ${kind.noun} "${name}"`;
  const host = requireHost(`${what} was used`);
  const data = host.find(kind, name);
  if (data === undefined)
    throw witError(
      'permission-denied',
      `${what} was not granted; testApp(app, { ${kind.option} }) names them`,
    );
  const failure = host.failures.get(kind)?.get(name);
  if (failure !== undefined) throw witError(failure, `${what} fails, as the test wants`);
  return data;
}

/** Has every use of a name fail with this code, until it is called without one. */
export function failUses(
  host: TestHost,
  kind: TestKind<any>,
  name: string,
  code: ErrorCode | undefined,
): void {
  let failures = host.failures.get(kind);
  if (failures === undefined) host.failures.set(kind, (failures = new Map()));
  if (code === undefined) failures.delete(name);
  else failures.set(name, code);
}

/** Makes what lies behind the names of one app, each when it is first used. */
export function openData(options: { readonly [option: string]: unknown }): TestHost['find'] {
  const kinds = new Map<TestKind<any>, Map<string, unknown>>();
  return function find<Data>(this: TestHost, kind: TestKind<Data>, name: string): Data | undefined {
    const granted = options[kind.option] as
      | readonly string[]
      | { readonly [name: string]: unknown }
      | undefined;
    const names = Array.isArray(granted) ? granted : granted && Object.keys(granted);
    if (names !== undefined && !names.includes(name)) return undefined;
    let data = kinds.get(kind);
    if (data === undefined) kinds.set(kind, (data = new Map()));
    if (!data.has(name)) {
      const given =
        granted && !Array.isArray(granted) ? (granted as { [name: string]: unknown })[name] : undefined;
      data.set(name, kind.make(this, given));
    }
    return data.get(name) as Data;
  };
}

export function toTestMessage(message: Message): Omit<TestMessage, 'channel' | 'connection'> {
  return { data: message.content.val, event: message.event ?? undefined, id: message.id ?? undefined };
}
