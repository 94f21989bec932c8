import type { Backend, OpenContext } from './backend.ts';
import { checkConfig } from './config.ts';
import { CapabilityError, placeError } from './error.ts';
import { redactUrl } from './redact.ts';
import { endBefore } from './resilience.ts';
import type { KeyValue, KeyValueFeature } from '../keyvalue/contract.ts';
import { portableKeyValue } from '../keyvalue/portable.ts';
import { nearestName } from '../../slightfile/nearest.ts';

interface Entry {
  readonly capability: 'keyvalue';
  /** The first is the backend's own; the others are spellings of it. */
  readonly schemes: readonly string[];
  load(): Promise<Backend<any, any>>;
}

/** Milliseconds in which a backend is opened and has answered. */
const longestOpen = 3_000;

/** Every backend there is. None is loaded before it is asked for. */
const entries: readonly Entry[] = [
  {
    capability: 'keyvalue',
    schemes: ['memory'],
    load: async () => (await import('../keyvalue/backends/memory.ts')).memory,
  },
  {
    capability: 'keyvalue',
    schemes: ['sqlite'],
    load: async () => (await import('../keyvalue/backends/sqlite.ts')).sqlite,
  },
  {
    capability: 'keyvalue',
    schemes: ['filesystem'],
    load: async () => (await import('../keyvalue/backends/filesystem.ts')).filesystem,
  },
  {
    capability: 'keyvalue',
    schemes: ['redis', 'rediss'],
    load: async () => (await import('../keyvalue/backends/redis.ts')).redis,
  },
];

/** Where one capability instance lives, as the slightfile says it. `bind` may hold credentials. */
export interface BindText {
  readonly name: string;
  /** A scheme (`sqlite`) or a URL (`redis://cache:6379`). */
  readonly bind: string;
  readonly config: { readonly [key: string]: string | number | boolean };
}

/** What the host gives to every backend. */
export interface Surroundings {
  /** The app's own folder on this machine (`.slight`). */
  readonly dataDir: string;
  /** Milliseconds for one operation, its repetitions included. */
  readonly timeout: number;
}

/** The backends of a capability, as plain data: for listings, documentation and messages. */
export function listBackends(capability: Entry['capability']): Promise<Backend<unknown>[]> {
  return Promise.all(entries.filter((entry) => entry.capability === capability).map((entry) => entry.load()));
}

/**
 * The backend that a bind names, with its settings checked; nothing is opened.
 * @throws {CapabilityError} `invalid-argument`: unknown scheme, broken URL, wrong settings
 */
export function findKeyValueBackend(bind: BindText): Promise<Backend<KeyValue, KeyValueFeature>> {
  return saying(bind, async () => {
    const { backend } = await resolve<KeyValue, KeyValueFeature>('keyvalue', bind);
    checkConfig(backend.config, bind.config);
    return backend;
  });
}

/**
 * Opens the store that a bind names and proves that it answers. The store checks its arguments, keeps the deadline
 * and throws `CapabilityError` only; one in this process answers at once, so its errors are thrown, not rejected.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (client library missing), `unauthenticated`,
 * `unavailable`, `timeout`; the message says capability, name and backend, never credentials
 */
export function openKeyValue(bind: BindText, surroundings: Surroundings): Promise<KeyValue> {
  return saying(bind, async () => {
    const { backend, url } = await resolve<KeyValue, KeyValueFeature>('keyvalue', bind);
    return openBackend(backend, { ...bind, url }, surroundings);
  });
}

/** `openKeyValue` for a backend that is not in the list: one under test, or of another author. */
export async function openKeyValueOn(
  backend: Backend<KeyValue, KeyValueFeature>,
  bind: BindText,
  surroundings: Surroundings,
): Promise<KeyValue> {
  return saying(bind, () => openBackend(backend, { ...bind, url: parseBind(bind.bind) }, surroundings));
}

async function openBackend(
  backend: Backend<KeyValue, KeyValueFeature>,
  { name, bind, url, config }: BindText & { readonly url: URL },
  { dataDir, timeout }: Surroundings,
): Promise<KeyValue> {
  const context: OpenContext = { name, url, config: checkConfig(backend.config, config), dataDir, timeout };
  const others = await listBackends('keyvalue');
  return portableKeyValue(await openInTime(backend, context), {
    where: describeBind({ name, bind }),
    features: backend.features,
    timeout,
    backendsWith: (feature) =>
      others.filter((other) => other.features.has(feature)).map((other) => other.scheme),
  });
}

/** What answers too late is closed when it comes. */
async function openInTime<Capability extends { close(): unknown }>(
  backend: Backend<Capability>,
  context: OpenContext,
): Promise<Capability> {
  const opening = (async () => backend.open(context))();
  try {
    return await endBefore(longestOpen, opening, 'reads');
  } catch (error) {
    opening.then((late) => late.close()).catch(() => undefined);
    throw error;
  }
}

async function resolve<Capability, Feature extends string>(
  capability: Entry['capability'],
  { bind }: BindText,
): Promise<{ backend: Backend<Capability, Feature>; url: URL }> {
  const known = entries.filter((entry) => entry.capability === capability);
  const scheme = /^[a-z0-9+.-]*/i.exec(bind)![0].toLowerCase();
  const entry = known.find(({ schemes }) => schemes.includes(scheme));
  if (entry !== undefined) return { backend: await entry.load(), url: parseBind(bind) };
  const names = known.flatMap(({ schemes }) => schemes);
  const nearest = nearestName(scheme, names);
  throw new CapabilityError(
    'invalid-argument',
    `no ${capability} backend is called \`${scheme}\`: ${nearest === undefined ? `there are ${names.join(', ')}` : `did you mean \`${nearest}\`?`}`,
  );
}

function parseBind(bind: string): URL {
  const url = URL.parse(bind.includes(':') ? bind : `${bind}:`);
  if (url !== null) return url;
  throw new CapabilityError(
    'invalid-argument',
    'the bind is no URL. It reads scheme://user:password@host:port/path; percent-encode special characters in user and password',
  );
}

function describeBind({ name, bind }: { readonly name: string; readonly bind: string }): string {
  return `keyvalue "${name}" (${redactUrl(bind)})`;
}

async function saying<T>(bind: BindText, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw placeError(describeBind(bind), error);
  }
}
