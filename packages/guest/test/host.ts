import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '@spiderlightning/component';
import type { Component, HostImports } from '@spiderlightning/component';
import { wasiImports } from '@spiderlightning/wasi';
import { buildScript } from '../../../test/guests/kept.ts';
import { findHandle } from '../../slight/src/host/exports.ts';

/** Builds a guest of TypeScript text that imports the SDK. */
export async function buildGuest(source: string): Promise<Component> {
  const folder = await mkdtemp(join(tmpdir(), 'slight-guest-'));
  try {
    await mkdir(join(folder, 'node_modules', '@spiderlightning'), { recursive: true });
    await symlink(
      join(import.meta.dirname, '..'),
      join(folder, 'node_modules', '@spiderlightning', 'guest'),
      'dir',
    );
    const entry = join(folder, 'app.ts');
    await writeFile(entry, source);
    return await compile((await buildScript(entry)).component);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface Line {
  readonly level: string;
  readonly context: string;
  readonly message: string;
  readonly fields: readonly (readonly [string, string])[];
}

/** One instance with everything that its host gives: stores that live as long as `data` does, and a log to look at. */
export async function startGuest(component: Component, data = new Map<string, Uint8Array>()) {
  const log: Line[] = [];
  const stderr: string[] = [];
  const imports: HostImports = {
    ...wasiImports({ stderr: (line) => stderr.push(line) }),
    'spiderlightning:cloud/types@0.6.0': {},
    'spiderlightning:cloud/http-types@0.6.0': {},
    'spiderlightning:cloud/configs@0.6.0': configs(),
    'spiderlightning:cloud/keyvalue@0.6.0': keyvalue(data),
    'spiderlightning:cloud/logging@0.6.0': {
      log: (level: string, context: string, message: string, fields: [string, string][]) => {
        log.push({ level, context, message, fields });
      },
    },
  };
  const instance = await component.instantiate(imports);
  const ask = findHandle(component.exports.map(({ name }) => name));
  return {
    log,
    stderr,
    async request(
      method: string,
      path: string,
      body: string | Uint8Array = '',
      headers: [string, string][] = [],
    ) {
      const answer = await ask(
        instance,
        {
          method,
          url: `http://localhost${path}`,
          headers,
          body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
          remote: '127.0.0.1',
          id: 'request-1',
        },
        {},
      );
      const bytes = Buffer.from(answer.body as Uint8Array | string);
      return {
        status: answer.status,
        headers: new Map(answer.headers),
        /** Every value of a header that stands more than once. */
        all: (name: string) => answer.headers.filter(([key]) => key === name).map(([, value]) => value),
        bytes: new Uint8Array(bytes),
        text: bytes.toString(),
      };
    },
  };
}

/** Configs of one text and one secret, which may be set. */
function configs() {
  const ok = (val?: unknown) => ({ tag: 'ok', val });
  const values = new Map<string, { tag: string; val: unknown }>([
    ['GREETING', { tag: 'text', val: 'grüße' }],
    ['KEY', { tag: 'secret', val: { value: 'c4nary' } }],
  ]);
  return {
    '[static]configs.open': () => ok({}),
    '[method]configs.get': async (_: unknown, key: string) => ok(values.get(key)),
    '[method]configs.get-all': () => ok([...values]),
    '[method]configs.set': (_: unknown, key: string, val: string) => {
      values.set(key, { tag: 'text', val });
      return ok();
    },
    '[method]configs.watch': () => ok({}),
    '[method]secret.reveal': (secret: { value: string }) => secret.value,
    '[method]watch.next': async (_: unknown, wait: bigint) => ok([`after ${wait}`]),
  };
}

/** A store in a map, without expiry. Answers some calls at once and some later, as hosts do. */
function keyvalue(data: Map<string, Uint8Array>) {
  const versions = new Map<string, string>();
  let writes = 0;
  const ok = (val?: unknown) => ({ tag: 'ok', val });
  const fail = (code: string, message: string, retryable = false) => ({
    tag: 'err',
    val: { code, message, retryable, outcome: 'none' },
  });
  const versioned = (key: string) => {
    const value = data.get(key);
    return value === undefined ? undefined : { value, version: versions.get(key) ?? 'first' };
  };
  const write = (key: string, value: Uint8Array) => {
    const version = `v${++writes}`;
    data.set(key, value);
    versions.set(key, version);
    return version;
  };
  return {
    '[static]store.open': (name: string) =>
      name === 'denied' ? fail('permission-denied', 'the store "denied" was not granted') : ok({ name }),
    '[method]watch.next': () => ok([]),
    '[method]store.watch': () => ok({}),
    '[method]store.get-many': () => ok([]),
    '[method]store.set-many': () => ok(),
    '[method]store.delete-many': () => ok(),
    '[method]store.get': async (store: { name: string }, key: string) =>
      store.name === 'broken' ? fail('unavailable', 'nobody answers', true) : ok(data.get(key)),
    '[method]store.get-versioned': (_: unknown, key: string) => ok(versioned(key)),
    '[method]store.set': (
      _: unknown,
      key: string,
      value: Uint8Array,
      options?: { ttlMs?: bigint; onlyIfAbsent: boolean },
    ) => {
      if (options?.onlyIfAbsent && data.has(key)) return fail('already-exists', `${key} has a value`);
      write(key, value);
      return ok();
    },
    '[method]store.delete': (_: unknown, key: string) => {
      data.delete(key);
      return ok();
    },
    '[method]store.exists': (_: unknown, key: string) => ok(data.has(key)),
    '[method]store.keys': async (_: unknown, prefix = '', cursor = '0', limit = 10) => {
      const all = [...data.keys()].filter((key) => key.startsWith(prefix)).toSorted();
      const from = Number(cursor);
      const end = from + limit;
      // A page begins with the last key of the one before, as may happen while others write.
      const keys = all.slice(Math.max(0, from - 1), end);
      return ok({ keys, cursor: end < all.length ? String(end) : undefined });
    },
    '[method]store.increment': (_: unknown, key: string, delta: bigint) => {
      const before = BigInt(new TextDecoder().decode(data.get(key) ?? new Uint8Array([48])));
      write(key, new TextEncoder().encode(String(before + delta)));
      return ok(String(before + delta));
    },
    '[method]store.compare-and-swap': (
      _: unknown,
      key: string,
      expected: string | undefined,
      value: Uint8Array,
    ) => {
      const current = versioned(key);
      if (current?.version !== expected) return ok({ tag: 'stale', val: current });
      return ok({ tag: 'swapped', val: write(key, value) });
    },
  };
}
