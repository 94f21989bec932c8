import type { Backend, OpenContext } from './backend.ts';
import type { Capability, CapabilityName, Config, Need } from './capability.ts';
import { checkConfig } from './config.ts';
import { CapabilityError, placeError } from './error.ts';
import { hider } from './hide.ts';
import type { PortableOptions } from './portable.ts';
import { redactUrl } from './redact.ts';
import { capabilities } from './registry.ts';
import type { ContractOf, FeatureOf } from './registry.ts';
import { endBefore } from './resilience.ts';
import { Secret } from './secret.ts';
import type { BindSecrets, Setting } from '../../slightfile/model.ts';
import { nearestName } from '../../slightfile/nearest.ts';
import { parsePlace } from '../../slightfile/place.ts';
import type { Place } from '../../slightfile/place.ts';

/** Milliseconds in which a backend is opened and has answered. */
const longestOpen = 3_000;

/** Where one capability instance lives, as the slightfile says it. `bind` may hold credentials. */
export interface BindText {
  readonly name: string;
  /** A scheme (`sqlite`) or a URL (`redis://cache:6379`); `***` stands for each secret. */
  readonly bind: string;
  readonly config: { readonly [key: string]: Setting };
  readonly secrets?: Secret<BindSecrets>;
}

/** What the host gives to every backend. */
export interface Surroundings {
  /** The app's own folder on this machine (`.slight`). */
  readonly dataDir: string;
  /** Milliseconds for one operation, its repetitions included. */
  readonly timeout: number;
  /** What the slightfile binds, for backends that keep their data in another capability. Absent: nothing. */
  find?(table: CapabilityName, name: string): BindText | undefined;
  readonly resilience?: PortableOptions<never>['resilience'];
  /** Hears that a backend is left alone for a while, and that it answers again. */
  report?(
    open: boolean,
    message: string,
    bind: { readonly capability: CapabilityName; readonly name: string },
  ): void;
}

type BackendOf<Name extends CapabilityName> = Backend<ContractOf<Name>, FeatureOf<Name>>;

function find<Name extends CapabilityName>(name: Name): Capability<ContractOf<Name>, FeatureOf<Name>> {
  return capabilities[name] as Capability<any, any>;
}

/** The backends of a capability, as plain data: for listings, documentation and messages. */
export function listBackends<Name extends CapabilityName>(name: Name): Promise<BackendOf<Name>[]> {
  return Promise.all(find(name).backends.map((entry) => entry.load()));
}

/**
 * The backend that a bind names, with its settings checked; nothing is opened.
 * @throws {CapabilityError} `invalid-argument`: unknown scheme, broken URL, wrong settings
 */
export function findBackend<Name extends CapabilityName>(
  name: Name,
  bind: BindText,
): Promise<BackendOf<Name>> {
  return saying(name, bind, async () => {
    const { backend } = await resolve(name, bind);
    await checkSettings(name, backend, reveal(bind).config);
    return backend;
  });
}

/**
 * Opens what a bind names and proves that it answers. It checks its arguments, keeps the deadline and throws
 * `CapabilityError` only; a backend in this process answers at once, so its errors are thrown, not rejected.
 * @throws {CapabilityError} `invalid-argument`, `unsupported` (client library missing), `unauthenticated`,
 * `unavailable`, `timeout`; the message says capability, name and backend, never credentials
 */
export function openCapability<Name extends CapabilityName>(
  name: Name,
  bind: BindText,
  surroundings: Surroundings,
): Promise<ContractOf<Name>> {
  return saying(name, bind, async () => {
    const { backend, place } = await resolve(name, bind);
    return openBackend(name, backend, bind, place, surroundings);
  });
}

/** `openCapability` for a backend that is not in the list: one under test, or of another author. */
export function openCapabilityOn<Name extends CapabilityName>(
  name: Name,
  backend: BackendOf<Name>,
  bind: BindText,
  surroundings: Surroundings,
): Promise<ContractOf<Name>> {
  return saying(name, bind, async () =>
    openBackend(name, backend, bind, parseBind(reveal(bind).bind), surroundings),
  );
}

async function openBackend<Name extends CapabilityName>(
  capability: Name,
  backend: BackendOf<Name>,
  shown: BindText,
  { url, hosts }: Place,
  surroundings: Surroundings,
): Promise<ContractOf<Name>> {
  const { dataDir, timeout, resilience, report } = surroundings;
  const { name, bind, config } = reveal(shown);
  const granted = shown.secrets?.reveal().granted ?? [];
  const context: OpenContext = {
    name,
    url,
    hosts,
    bind,
    config: await checkSettings(capability, backend, config),
    secrets: new Map([...granted].map(([key, value]) => [key, new Secret(value)])),
    dataDir,
    timeout,
    openOther(table, other, as) {
      const found = surroundings.find?.(table, other);
      if (found !== undefined) return openCapability(table, { ...found, name: as }, surroundings);
      throw new CapabilityError(
        'invalid-argument',
        `[${table}] has no ${JSON.stringify(other)}. Add ${other} = "sqlite" there, or where else it lives`,
      );
    },
  };
  const others = await listBackends(capability);
  return find(capability).portable(await openInTime(backend, context), {
    where: describeBind(capability, shown),
    hide: hider(shown.secrets),
    features: backend.features,
    config: context.config,
    timeout,
    resilience,
    ...(report && { report: (open, message) => report(open, message, { capability, name }) }),
    backendsWith: (feature) =>
      others.filter((other) => other.features.has(feature)).map((other) => other.scheme),
  });
}

/**
 * The settings of a name, and whether the backend can give what they ask for.
 * @throws {CapabilityError} `invalid-argument`, `unsupported`
 */
async function checkSettings<Name extends CapabilityName>(
  name: Name,
  backend: BackendOf<Name>,
  given: BindText['config'],
): Promise<Config> {
  const { settings = {}, needs } = find(name);
  const config = checkConfig({ ...settings, ...backend.config }, given);
  const asked = needs?.(config) ?? [];
  const gives = ({ features }: Pick<Backend<unknown>, 'features'>, need: Need<string>): boolean =>
    need.anyOf.some((feature) => features.has(feature));
  const missing = asked.filter((need) => !gives(backend, need)).map(({ setting }) => setting);
  if (missing.length === 0) return config;
  const others = await listBackends(name);
  const able = others.filter((other) => asked.every((need) => gives(other, need)));
  const fix =
    able.length === 0
      ? 'No backend gives all of it: ask for less'
      : `Backends that can: ${able.map(({ scheme }) => scheme).join(', ')}`;
  throw new CapabilityError(
    'unsupported',
    `the app needs ${missing.join(' and ')}, which ${backend.scheme} cannot give. ${fix}`,
  );
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

async function resolve<Name extends CapabilityName>(
  name: Name,
  text: BindText,
): Promise<{ backend: BackendOf<Name>; place: Place }> {
  const { bind } = reveal(text);
  const known = find(name).backends;
  const scheme = /^[a-z0-9+.-]*/i.exec(bind)![0].toLowerCase();
  const entry = known.find(({ schemes }) => schemes.includes(scheme));
  if (entry !== undefined) {
    const [backend, place] = [await entry.load(), parseBind(bind)];
    if (place.hosts.length <= 1 || backend.severalHosts) return { backend, place };
    throw new CapabilityError('invalid-argument', `a bind of ${scheme} names one server`);
  }
  const names = known.flatMap(({ schemes }) => schemes);
  const nearest = nearestName(scheme, names);
  throw new CapabilityError(
    'invalid-argument',
    `no ${name} backend is called \`${scheme}\`: ${nearest === undefined ? `there are ${names.join(', ')}` : `did you mean \`${nearest}\`?`}`,
  );
}

function parseBind(bind: string): Place {
  const place = parsePlace(bind.includes(':') ? bind : `${bind}:`);
  if (place !== undefined) return place;
  throw new CapabilityError(
    'invalid-argument',
    'the bind is no URL. It reads scheme://user:password@host:port/path; percent-encode special characters in user and password',
  );
}

/** The line as it was before its secrets were hidden. */
function reveal({ name, bind, config, secrets }: BindText): Omit<BindText, 'secrets'> {
  const whole = secrets?.reveal();
  return { name, bind: whole?.bind ?? bind, config: { ...config, ...whole?.config } };
}

/** How messages name a bind: the capability, the name and the place, without credentials. */
export function describeBind(
  capability: CapabilityName,
  { name, bind }: Pick<BindText, 'name' | 'bind'>,
): string {
  return `${capability} "${name}" (${redactUrl(bind)})`;
}

async function saying<T>(capability: CapabilityName, bind: BindText, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw placeError(describeBind(capability, bind), hider(bind.secrets)(error));
  }
}
