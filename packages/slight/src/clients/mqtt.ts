import { isIP, type Socket } from 'node:net';
import type { IClientOptions, IClientPublishOptions, MqttClient as Library } from 'mqtt';
import { CapabilityError } from '../capabilities/core/error.ts';
import type { ErrorCode } from '../capabilities/core/error.ts';
import { importPackage } from '../capabilities/core/packages.ts';
import { openExpected } from './expected-server.ts';
import { readLogin } from './login.ts';
import { makeTurns, type Turns } from './mqtt-turns.ts';
import { makeShare, returned } from './shared.ts';

/** As `npm install` takes it. */
export const mqttPackage = 'mqtt@5.16.0';

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** It lay at the server when the subscription was made; others come as they are published. */
  readonly retained: boolean;
  /** User properties of MQTT 5 of one name, in their order. */
  property(name: string): readonly string[];
}

export interface MqttPublish {
  /** 0: it may be lost. 1: the server has confirmed it. */
  readonly qos: 0 | 1;
  /** The server keeps it as the last one of its topic; an empty one takes the last one away. */
  readonly retain?: boolean;
  readonly properties?: { readonly [name: string]: string[] };
}

/**
 * A connection to one server of MQTT 5. It keeps nothing for later: while the server cannot be reached, a call fails at once,
 * and what was under way when the connection broke is never sent again.
 */
export interface MqttClient {
  /** @throws {CapabilityError} with the outcome `unknown` where the server may have it */
  publish(topic: string, payload: Uint8Array | string, how: MqttPublish): Promise<void>;
  /**
   * Hears what is published below a topic (`a/b/`) until what it gives is called: first all that the server keeps there, then what
   * comes, in the order of the server. After the connection was lost it is so once more, and `hear` is told before by `undefined`.
   * When it resolves, all that was kept has been heard.
   * @param qos 0: a server with a short queue drops some for a client that reads slowly
   */
  subscribe(below: string, qos: 0 | 1, hear: (message: MqttMessage | undefined) => void): Promise<() => void>;
  /** Has all that is kept below a topic told once more to everyone who hears it. */
  repeat(below: string): Promise<void>;
  /** Resolves when the server has worked on all that was sent and received before. */
  flush(): Promise<void>;
  /** Lets go of it; the last one that does ends the connection. */
  release(): void;
}

interface Connection {
  /** Undefined while it is being made. */
  library: Library | undefined;
  trouble: Error;
  readonly subscriptions: Map<string, Subscription>;
  /** Of calls that are under way. */
  readonly failures: Set<(error: CapabilityError) => void>;
  readonly turns: Turns;
  /** Who waits for the connection. */
  readonly returns: Set<() => void>;
  flushing: Promise<void> | undefined;
  ended: boolean;
}

interface Subscription {
  readonly qos: 0 | 1;
  readonly hearers: Set<(message: MqttMessage | undefined) => void>;
}

/** Milliseconds. */
const longestConnect = 2_000;
const pause = 250;
const longestEnd = 1_000;
/** Seconds after which a server that says nothing is asked whether it is there. */
const keepalive = 5;
/** Messages that the server has not confirmed, at most; it may want fewer. */
const mostUnconfirmed = 500;

const share = makeShare(endConnection);

/**
 * The connection of this process to the server of `url` (`mqtt://user:password@host:port`, TLS with `mqtts:`), shared by all that
 * use the same server and credentials.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (library missing), `unauthenticated`, `unavailable`
 */
export async function openMqtt(url: URL): Promise<MqttClient> {
  return share(
    url.href,
    () => connect(url),
    async (made, leave) => {
      if (made.library === undefined) await returned(made.returns, longestConnect);
      return makeClient(made, leave);
    },
  );
}

function endConnection(made: Connection): void {
  made.ended = true;
  const { library } = made;
  library?.end();
  // A server that says nothing must not keep the process.
  setTimeout(() => library?.end(true), longestEnd).unref();
}

async function connect(url: URL): Promise<Connection> {
  const address = parseAddress(url);
  const mqtt = await importPackage(mqttPackage, () => import('mqtt'));
  const options: IClientOptions = {
    ...address,
    protocolVersion: 5,
    clean: true,
    // The library would send again what was under way: each connection is one of its own.
    reconnectPeriod: 0,
    resubscribe: false,
    connectTimeout: longestConnect,
    keepalive,
  };
  const made: Connection = {
    library: undefined,
    trouble: new Error('the connection is being made'),
    subscriptions: new Map(),
    failures: new Set(),
    turns: makeTurns(),
    returns: new Set(),
    flushing: undefined,
    ended: false,
  };
  const { host, port, protocol } = address;
  const tls = protocol === 'mqtts';
  await openExpected({ kind: 'MQTT', host, port, tls }, () => dial(made, () => mqtt.connect(options)));
  return made;
}

/** Connects, subscribes to all that is heard, and does so again when the connection is lost. */
function dial(made: Connection, start: () => Library): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const library = start();
  let established = false;
  library.on('error', (error) => (made.trouble = error));
  library.on('connect', ({ properties }) => {
    // Small packets must not wait for the answer to those before.
    (library.stream as Partial<Socket>).setNoDelay?.(true);
    made.turns.limit(Math.min(properties?.receiveMaximum ?? mostUnconfirmed, mostUnconfirmed));
    restore(made, library).then(
      () => {
        established = true;
        resolve();
      },
      (error: Error) => {
        made.trouble = error;
        library.end(true);
      },
    );
  });
  library.on('message', (topic, payload, { retain, properties }) => {
    const own = properties?.userProperties ?? {};
    const message: MqttMessage = {
      topic,
      payload,
      retained: retain,
      property: (name) => [own[name] ?? []].flat(),
    };
    for (const [below, { hearers }] of made.subscriptions)
      if (topic.startsWith(below)) for (const hear of hearers) hear(message);
  });
  library.on('close', () => {
    if (made.library === library) made.library = undefined;
    library.end(true);
    for (const fail of made.failures) fail(broken());
    if (!established) reject(explain(made.trouble, false));
    else if (!made.ended) again();
    established = false;
  });
  return promise;

  function again(): void {
    const timer = setTimeout(
      () => {
        if (!made.ended) dial(made, start).catch(again);
      },
      pause * (0.5 + Math.random()),
    );
    timer.unref();
  }
}

/** What is heard is heard anew, before anybody uses the connection: who acts on what it has heard knows all of it. */
async function restore(made: Connection, library: Library): Promise<void> {
  for (const [below, { qos, hearers }] of made.subscriptions) {
    for (const hear of hearers) hear(undefined);
    await ask(made, library, (done) => library.subscribe(`${below}#`, { qos }, done));
  }
  await flushOn(made, library);
  if (made.ended) return void library.end();
  made.library = library;
  for (const hear of made.returns) hear();
}

/** One call of the library; it fails when the connection breaks. */
function ask(
  made: Connection,
  library: Library,
  call: (done: (error?: Error | null) => void) => unknown,
): Promise<void> {
  // Not when it fails: then the connection may be gone already, and what was sent was sent.
  const established = library === made.library;
  return new Promise((resolve, reject) => {
    made.failures.add(reject);
    const done = (error?: Error | null): void => {
      made.failures.delete(reject);
      if (error) reject(explain(error, established));
      else resolve();
    };
    call(done);
  });
}

/**
 * A server answers in turn, so what it answers to now comes after all that was sent before; one that writes changes to its disk
 * after it has answered to them (Mosquitto) has done so before it reads on.
 */
function flushOn(made: Connection, library: Library): Promise<void> {
  return ask(made, library, (done) => library.publish('slight/flush', '', { qos: 1 }, done));
}

function makeClient(made: Connection, end: () => void): MqttClient {
  let released = false;

  function current(): Library {
    if (released) throw new CapabilityError('cancelled', 'the connection was closed');
    if (made.library === undefined) throw explain(made.trouble, false);
    return made.library;
  }

  const client: MqttClient = {
    async publish(topic, payload, { qos, retain = false, properties }) {
      const options: IClientPublishOptions = {
        qos,
        retain,
        ...(properties !== undefined && { properties: { userProperties: properties } }),
      };
      const data = typeof payload === 'string' ? payload : Buffer.from(payload);
      current();
      await made.turns.run(() => {
        const library = current();
        return ask(made, library, (done) => library.publish(topic, data, options, done));
      });
    },
    async subscribe(below, qos, hear) {
      const library = current();
      const subscription = made.subscriptions.get(below) ?? { qos, hearers: new Set() };
      made.subscriptions.set(below, subscription);
      subscription.hearers.add(hear);
      const stop = (): void => {
        subscription.hearers.delete(hear);
        if (subscription.hearers.size > 0 || made.subscriptions.get(below) !== subscription) return;
        made.subscriptions.delete(below);
        made.library?.unsubscribe(`${below}#`, () => undefined);
      };
      try {
        await ask(made, library, (done) => library.subscribe(`${below}#`, { qos }, done));
        await client.flush();
      } catch (error) {
        stop();
        throw error;
      }
      return stop;
    },
    async repeat(below) {
      const library = current();
      const qos = made.subscriptions.get(below)?.qos ?? 0;
      await ask(made, library, (done) => library.subscribe(`${below}#`, { qos }, done));
      await client.flush();
    },
    flush() {
      // Those who ask in one turn of the event loop share it.
      made.flushing ??= Promise.resolve().then(async () => {
        made.flushing = undefined;
        await made.turns.run(() => flushOn(made, current()));
      });
      return made.flushing;
    },
    release() {
      released = true;
      end();
    },
  };
  return client;
}

function parseAddress(url: URL) {
  if (url.hostname === '' || /[^/]/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw new CapabilityError(
      'invalid-argument',
      'the bind needs a host, and after it at most a port: mqtt://127.0.0.1:1883, or mqtts: for TLS',
    );
  const secure = url.protocol === 'mqtts:';
  const { user, password } = readLogin(url);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    protocol: secure ? ('mqtts' as const) : ('mqtt' as const),
    host,
    port: url.port === '' ? (secure ? 8883 : 1883) : Number(url.port),
    ...(user !== '' && { username: user }),
    ...(password !== '' && { password }),
    // TLS knows names of hosts, not addresses.
    ...(secure && isIP(host) === 0 && { servername: host }),
  };
}

function broken(): CapabilityError {
  return new CapabilityError('unavailable', 'the connection broke before the server answered', {
    outcome: 'unknown',
  });
}

/** Reason codes of MQTT 5, and of 3.1.1, with which an old server refuses. */
const reasons: { readonly [code: number]: readonly [ErrorCode, string] } = {
  1: ['unsupported', 'It does not speak MQTT 5'],
  4: ['unauthenticated', 'Correct the user and password in the bind'],
  5: ['unauthenticated', 'Correct the user and password in the bind'],
  0x84: ['unsupported', 'It does not speak MQTT 5'],
  0x86: ['unauthenticated', 'Correct the user and password in the bind'],
  0x87: ['permission-denied', 'Let this user read and write below slight/'],
  0x95: ['invalid-argument', 'The message is larger than the server takes'],
  0x97: ['resource-exhausted', 'A quota of the server is used up'],
  0x9a: ['unsupported', 'The server keeps no retained messages: turn them on'],
};

function explain(error: Error, sent: boolean): CapabilityError {
  if (error instanceof CapabilityError) return error;
  const number = (error as { code?: unknown }).code;
  const known = typeof number === 'number' ? reasons[number] : undefined;
  if (known !== undefined) {
    // Before there is a session, that is about the login.
    const code = !sent && known[0] === 'permission-denied' ? 'unauthenticated' : known[0];
    return new CapabilityError(code, `MQTT refused: ${error.message}. ${known[1]}`, { detail: number });
  }
  return new CapabilityError('unavailable', `the server cannot be reached: ${describe(error)}`, {
    outcome: sent ? 'unknown' : 'none',
  });
}

/** Where a name has several addresses, the reasons stand one floor below. */
function describe(error: Error): string {
  return error instanceof AggregateError
    ? error.errors.map((each: Error) => each.message).join('; ')
    : error.message;
}
