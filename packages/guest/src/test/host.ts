import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from 'spiderlightning:cloud/types@0.6.0';
import type { Level } from 'spiderlightning:cloud/logging@0.6.0';
import type { Message } from 'spiderlightning:cloud/connections@0.6.0';
import type { MemoryStore } from './memory-store.ts';

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

/** What stands behind the capabilities of one app under test. */
export interface TestHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** The data of a store, or undefined where it was not granted. */
  store(name: string): MemoryStore | undefined;
  /** What the next uses of a store fail with. */
  readonly failures: Map<string, ErrorCode>;
  readonly lines: TestLine[];
  readonly sent: TestMessage[];
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

export function toTestMessage(message: Message): Omit<TestMessage, 'channel' | 'connection'> {
  return { data: message.content.val, event: message.event ?? undefined, id: message.id ?? undefined };
}
