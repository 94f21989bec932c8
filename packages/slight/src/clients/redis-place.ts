import { isIP } from 'node:net';
import type { Config } from '../capabilities/core/capability.ts';
import type { ConfigField, OpenContext } from '../capabilities/core/backend.ts';
import { CapabilityError } from '../capabilities/core/error.ts';
import { readLogin } from './login.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** Where a Redis is: one server, one of several that sentinels name, or a cluster. */
export interface RedisPlace {
  readonly kind: 'server' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster. */
  readonly addresses: readonly RedisAddress[];
  /** What the sentinels call the servers that they watch. */
  readonly master: string;
  readonly database: number;
  readonly tls: boolean;
  readonly login: Login;
  readonly sentinelLogin: Login;
}

export const redisSettings = {
  'sentinel-user': {
    type: 'string',
    doc: 'Who asks the sentinels, where they want a login',
    example: '"slight"',
  },
  'sentinel-password': {
    type: 'string',
    doc: 'Of the sentinels themselves, where they want one',
    example: '"${secrets.SENTINEL_PASSWORD}"',
    secret: true,
  },
} satisfies { readonly [key: string]: ConfigField };

/** @throws {CapabilityError} `invalid-argument` */
export function readRedisPlace({
  url,
  hosts,
  config,
}: Pick<OpenContext, 'url' | 'hosts' | 'config'>): RedisPlace {
  const [, secure, kind = 'server'] = /^redis(s?)(?:\+(sentinel|cluster))?:$/.exec(url.protocol) ?? [];
  const master = url.searchParams.get('master') ?? '';
  const problem = findProblem(kind, url, hosts ?? [], config);
  if (problem !== undefined) throw new CapabilityError('invalid-argument', problem);
  const usual = kind === 'sentinel' ? 26_379 : 6_379;
  const login = readLogin(url);
  return {
    kind: kind as RedisPlace['kind'],
    addresses: (hosts ?? [url.host]).map((host) => readRedisAddress(host, usual)),
    master,
    database: Number(url.pathname.slice(1)),
    tls: secure !== '',
    login: makeLogin(login.user, login.password),
    sentinelLogin: makeLogin(textOf(config, 'sentinel-user'), textOf(config, 'sentinel-password')),
  };
}

function findProblem(kind: string, url: URL, hosts: readonly string[], config: Config): string | undefined {
  const sentinel = kind === 'sentinel';
  const plain = url.hostname !== '' && /^\/?\d{0,6}$/.test(url.pathname) && url.hash === '';
  if (!plain || (!sentinel && url.search !== ''))
    return 'the bind needs a host, and after it at most a port and the number of a database (/0); no query';
  if (sentinel && !/^\?master=[^&]+$/.test(url.search))
    return 'the bind ends with the name by which the sentinels know the servers: ?master=NAME';
  if (kind === 'server' && hosts.length > 1)
    return 'a bind with several servers begins with redis+sentinel or redis+cluster';
  if (kind === 'cluster' && Number(url.pathname.slice(1)) !== 0) return 'a cluster has no database but 0';
  if (!sentinel && Object.keys(redisSettings).some((key) => key in config))
    return 'settings of sentinels stand beside a bind that begins with redis+sentinel';
  return undefined;
}

/** Of `host`, `host:port` and `[::1]:port`. */
export function readRedisAddress(text: string, usual = 6_379): RedisAddress {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(isIP(text) === 6 ? `[${text}]` : text)!;
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? usual : Number(port) };
}

function textOf(config: Config, key: string): string {
  return typeof config[key] === 'string' ? config[key] : '';
}

function makeLogin(username: string, password: string): Login {
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}
