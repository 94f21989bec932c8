import { connect, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

/** What a server speaks, as its first bytes say it. */
export type ServerKind = 'Redis' | 'NATS' | 'MQTT' | 'PostgreSQL' | 'etcd' | 'HTTP' | 'TLS';

export interface FoundServer {
  /** Undefined where it said something that none of these says. */
  readonly kind: ServerKind | undefined;
  /** Whether its connections are, or can be, secured by TLS. */
  readonly secure: boolean;
}

/** Milliseconds that a server has to say something: it is asked only after it was found to be there. */
const patience = 300;
/** Bytes of an answer that are looked at. */
const mostRead = 8_192;

/** Redis takes the words for a command of its own that it refuses; NATS and others speak before they have heard anything. */
const textHello = 'GET /version HTTP/1.0\r\n\r\n';
/** The question of PostgreSQL whether it has TLS, which it answers with one letter. */
const postgresHello = new Uint8Array([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]);
/** CONNECT of MQTT 3.1.1 without an identity, which each broker understands. */
const mqttHello = new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0]);

/**
 * Says what answers at an address, by a greeting in each of the languages that is known here. Undefined where nothing answers.
 * @param inTls look behind TLS, whoever vouches for it
 */
export async function recogniseServer(
  host: string,
  port: number,
  inTls = false,
): Promise<FoundServer | undefined> {
  const dial = (): Socket =>
    inTls
      ? connectSecure({ host, port, rejectUnauthorized: false, servername: 'localhost' })
      : connect({ host, port });
  const ask = (hello: string | Uint8Array): Promise<Buffer> => hear(dial(), hello);
  const [text, postgres, mqtt, secure] = await Promise.all([
    ask(textHello),
    ask(postgresHello),
    ask(mqttHello),
    inTls ? false : hasTls(host, port),
  ]);
  if (secure) return { kind: 'TLS', secure };
  const said = text.toString('latin1');
  if (said.startsWith('INFO {'))
    return { kind: 'NATS', secure: inTls || /"tls_(required|available)": ?true/.test(said) };
  if (/^HTTP\/\d/.test(said)) return { kind: said.includes('"etcdserver"') ? 'etcd' : 'HTTP', secure: inTls };
  if (/^-[A-Z]+ /.test(said)) return { kind: 'Redis', secure: inTls };
  if (postgres.length === 1 && /^[NS]$/.test(postgres.toString('latin1')))
    return { kind: 'PostgreSQL', secure: inTls || postgres.toString() === 'S' };
  if (mqtt.length >= 4 && mqtt[0] === 0x20 && mqtt[1] === mqtt.length - 2)
    return { kind: 'MQTT', secure: inTls };
  const spoke = text.length + postgres.length + mqtt.length > 0;
  return spoke ? { kind: undefined, secure: inTls } : undefined;
}

/** What the other side says to a greeting until it ends, or for as long as it has. */
function hear(socket: Socket, hello: string | Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(Buffer.concat(pieces));
    };
    const timer = setTimeout(end, patience);
    socket.write(hello);
    socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes);
      if ((length += bytes.length) > mostRead) end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}

/**
 * Waits until a server that speaks first has done so.
 * @throws {Error} where nobody listens, or nothing is said within `milliseconds`
 */
export function awaitGreeting(host: string, port: number, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const silent = () => end(new Error('it takes connections and says nothing'));
    const timer = setTimeout(silent, milliseconds);
    socket.on('data', () => end());
    socket.on('error', end);
    socket.on('close', silent);
  });
}

function hasTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (found: boolean) => (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const socket = connectSecure({ host, port, rejectUnauthorized: false, servername: 'localhost' });
    const timer = setTimeout(end(false), patience);
    socket.on('secureConnect', end(true));
    socket.on('error', end(false));
    socket.on('close', end(false));
  });
}
