import { makeBindTables, listBinds } from '../slightfile/model.ts';
import type { BindSecrets, BindTable, Slightfile } from '../slightfile/model.ts';
import { Secret } from '../slightfile/secret.ts';

/** A slightfile on its way to a worker: a `Secret` gives its value to nobody, not even to who copies it. */
export interface PackedFile {
  readonly file: Slightfile;
  readonly secrets: readonly {
    readonly table: BindTable;
    readonly name: string;
    readonly secrets: BindSecrets;
  }[];
}

export function packFile(file: Slightfile): PackedFile {
  const secrets = listBinds(file).flatMap(({ table, name, secrets }) =>
    secrets === undefined ? [] : [{ table, name, secrets: secrets.reveal() }],
  );
  // A worker reads no secrets: what it needs of them comes along.
  return { file: { ...withSecrets(file, () => undefined), secrets: undefined }, secrets };
}

export function unpackFile({ file, secrets }: PackedFile): Slightfile {
  return withSecrets(file, (table, name) => {
    const found = secrets.find((each) => each.table === table && each.name === name);
    return found && new Secret(found.secrets);
  });
}

/** The same file, with other secrets in its binds. */
export function withSecrets(
  file: Slightfile,
  find: (table: BindTable, name: string) => Secret<BindSecrets> | undefined,
): Slightfile {
  const tables = makeBindTables((table) => {
    const binds = file[table];
    if (binds === undefined) return undefined;
    const changed = Object.values(binds).map(({ secrets: _former, ...bind }) => {
      const secrets = find(table, bind.name);
      return [bind.name, secrets === undefined ? bind : { ...bind, secrets }] as const;
    });
    return Object.assign(Object.create(null), Object.fromEntries(changed));
  });
  return { ...file, ...tables };
}
