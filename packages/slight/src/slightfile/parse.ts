import { basename, dirname, resolve } from 'node:path';
import { readBind } from './bind.ts';
import { type Problem, SlightfileError } from './error.ts';
import type { Environment, FindSecret, Sources } from './interpolate.ts';
import { type Use, readKeys, resolveNode } from './keys.ts';
import { type Layer, type Report, checkSpecversion, readLayers } from './layers.ts';
import { readList } from './lists.ts';
import {
  type Bind,
  type BindTable,
  type SecretsSettings,
  type Outgoing,
  type Slightfile,
  bindTables,
  type Triggers,
  defaultLimits,
  defaultResilience,
  defaultOutgoing,
  freeCommand,
  makeBindTables,
  noTelemetry,
  noTriggers,
} from './model.ts';
import { type ListName, type TableName, lists, tables } from './schema.ts';
import { type Table, parseTree } from './tree.ts';

export interface ParseOptions {
  /** The overlay to lay over the base: `[target.NAME.…]`. */
  readonly target?: string | undefined;
  /** What `${env.NAME}` reads. */
  readonly env: Environment;
  /** Opens what `${secrets.NAME}` reads; asked once, and only where a secret is in use. */
  readonly secrets?: ((settings: SecretsSettings) => FindSecret) | undefined;
  /** A component that takes the place of `[app] component`, relative to the working folder. */
  readonly appOverride?: string | undefined;
}

/** What the base and the chosen target say together. */
interface Settings {
  readonly values: { [Name in TableName]?: { [Key in keyof (typeof tables)[Name]]?: unknown } };
  readonly binds: Map<BindTable, Map<string, Bind>>;
  readonly lists: Map<ListName, readonly object[]>;
}

/**
 * Reads the text of a slightfile. All problems are found before the error is thrown, also those of targets that were
 * not chosen; a variable is needed only where its value is in use.
 * @throws {SlightfileError}
 */
export function parseSlightfile(text: string, path: string, options: ParseOptions): Slightfile {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const root = parseTree(source, path);
  const problems: Problem[] = [];
  const report = (problem: Problem) => void problems.push(problem);
  if (!checkSpecversion(root, report)) throw new SlightfileError(path, source, problems);
  const layers = readLayers(root, options.target, report);
  const settings: Settings = { values: {}, binds: new Map(), lists: new Map() };
  const chosen = layers.find(({ state }) => state === 'chosen');
  // First where secrets are; none can stand there, so nothing goes round in circles.
  for (const part of [['secrets'], allOthers]) {
    const sources = { env: options.env, secrets: findSecrets(settings, path, options) };
    for (const layer of layers) readLayer(part, layer, chosen, sources, settings, report);
  }
  const component = settings.values.app?.component;
  if (component === undefined && options.appOverride === undefined && problems.length === 0) {
    report({
      span: root.entries.get('app')?.span,
      message: '[app] component is missing: there is nothing to run',
      fix: 'write component = "dist/app.wasm" below [app], or name the component: slight run APP',
    });
  }
  if (problems.length > 0) throw new SlightfileError(path, source, problems);
  return buildModel(settings, path, options);
}

const allOthers: readonly string[] = [
  ...Object.keys(tables).filter((name) => name !== 'secrets'),
  ...bindTables,
  ...Object.keys(lists),
];

function readLayer(
  names: readonly string[],
  layer: Layer,
  chosen: Layer | undefined,
  { env, secrets }: Sources,
  settings: Settings,
  report: Report,
): void {
  for (const [name, table] of layer.tables) {
    if (!names.includes(name)) continue;
    const overlay = layer.state === 'base' ? chosen?.tables.get(name) : undefined;
    const useOf = (key: string): Use => ({
      env: layer.state === 'idle' || overlay?.entries.has(key) ? undefined : env,
      secrets,
      report,
    });
    if ((bindTables as readonly string[]).includes(name)) {
      readBinds(name as BindTable, table, layer, useOf, settings);
    } else {
      const values: { [key: string]: unknown } = (settings.values[name as TableName] ??= {});
      Object.assign(
        values,
        readKeys(tables[name as TableName], table, `[${layer.prefix}${name}]`, useOf, report),
      );
    }
  }
  for (const [name, items] of layer.lists) {
    if (!names.includes(name)) continue;
    const replaced = layer.state === 'base' && chosen?.lists.has(name) === true;
    const use: Use = { env: layer.state === 'idle' || replaced ? undefined : env, secrets, report };
    const found = readList(name, items, layer.prefix, use);
    if (use.env !== undefined) settings.lists.set(name, found);
  }
}

function readBinds(
  name: BindTable,
  table: Table,
  { prefix }: Layer,
  useOf: (key: string) => Use,
  settings: Settings,
): void {
  const binds = settings.binds.get(name) ?? new Map<string, Bind>();
  // A table without lines still says that there is such a capability.
  if (useOf('').env !== undefined) settings.binds.set(name, binds);
  for (const [key, entry] of table.entries) {
    const use = useOf(key);
    const value = resolveNode(entry.value, use);
    if (value === undefined) continue;
    const bind = readBind(key, { ...entry, value }, `[${prefix}${name}] ${key}`, use.report);
    if (bind !== undefined && use.env !== undefined) binds.set(key, bind);
  }
}

function buildModel({ values, binds, lists }: Settings, path: string, options: ParseOptions): Slightfile {
  const { app, command, http, limits, log, outgoing, resilience, telemetry } = values as Partial<{
    app: Partial<Slightfile['app']>;
    command: Partial<Slightfile['command']>;
    http: {
      address?: { host: string; port: number };
      health?: { host: string; port: number };
      forwarded?: boolean;
      origins?: readonly string[];
      channels?: string;
    };
    limits: Partial<Slightfile['limits']>;
    log: Partial<Slightfile['log']>;
    resilience: Partial<Slightfile['resilience']>;
    outgoing: Partial<Outgoing>;
    telemetry: Partial<Slightfile['telemetry']>;
  }>;
  const { host, port } = http?.address ?? { host: '127.0.0.1', port: 3000 };
  return {
    path: resolve(path),
    target: options.target,
    app: {
      component:
        options.appOverride === undefined
          ? resolve(dirname(path), app!.component!)
          : resolve(options.appOverride),
      start: app?.start ?? 'ready',
      reuse: app?.reuse ?? 'clean',
    },
    ...makeBindTables((table) => {
      const lines = binds.get(table);
      return lines && Object.assign(Object.create(null), Object.fromEntries(lines));
    }),
    ...noTriggers,
    ...(Object.fromEntries(lists) as Partial<Triggers>),
    command: { ...freeCommand, ...command },
    http: {
      host,
      port,
      health: http?.health,
      forwarded: http?.forwarded ?? false,
      origins: http?.origins ?? [],
      channels: http?.channels,
    },
    limits: { ...defaultLimits, ...limits },
    resilience: { ...defaultResilience, ...resilience },
    secrets: secretsSettings(values.secrets, path),
    outgoing: outgoing && { ...defaultOutgoing, ...outgoing },
    log: { format: log?.format, level: log?.level },
    telemetry: { ...noTelemetry, ...telemetry },
  };
}

function secretsSettings(
  values: { readonly file?: unknown; readonly key?: unknown } | undefined,
  path: string,
): SecretsSettings {
  const { file, key } = (values ?? {}) as { readonly file?: string; readonly key?: string };
  const folder = resolve(dirname(path));
  return { folder, file: resolve(folder, file ?? `${basename(path, '.toml')}.secrets.json`), key };
}

/** Opened with the first secret that is in use, when it is known where they are. */
function findSecrets({ values }: Settings, path: string, { secrets }: ParseOptions): FindSecret {
  let find: FindSecret | undefined;
  return (name) => {
    find ??= secrets?.(secretsSettings(values.secrets, path));
    return find?.(name) ?? { message: 'secrets are not read here', fix: 'start the app with slight run' };
  };
}

/**
 * Where the secrets of a slightfile are. Nothing else of it is looked at, so that it may name some that are still missing.
 * @throws {SlightfileError}
 */
export function parseSecretsSettings(
  text: string,
  path: string,
  { env, target }: Pick<ParseOptions, 'env' | 'target'>,
): SecretsSettings {
  const root = parseTree(text.replace(/^\ufeff/, ''), path);
  const problems: Problem[] = [];
  const settings: Settings = { values: {}, binds: new Map(), lists: new Map() };
  const report = (problem: Problem) => void problems.push(problem);
  const layers = readLayers(root, target, report);
  const chosen = layers.find(({ state }) => state === 'chosen');
  for (const layer of layers)
    readLayer(['secrets'], layer, chosen, { env, secrets: undefined }, settings, report);
  if (problems.length > 0) throw new SlightfileError(path, text, problems);
  return secretsSettings(settings.values.secrets, path);
}
