import { CapabilityError, placeError } from '../../capabilities/core/error.ts';
import { describeBind, findBackend } from '../../capabilities/core/open.ts';
import { openSecrets } from '../../secrets/store.ts';
import { listBinds } from '../../slightfile/model.ts';
import type { BindSecrets, Slightfile } from '../../slightfile/model.ts';
import { Secret } from '../../slightfile/secret.ts';
import { withSecrets } from '../packed-file.ts';
import { describeComplaint } from '../../slightfile/complaint.ts';
import { StartError } from '../log/start-error.ts';

/**
 * The same file with the secrets that its app is granted, read by this process: workers get values, and no key.
 * @throws {StartError} where one cannot be read
 */
export async function grantSecrets(file: Slightfile): Promise<Slightfile> {
  if (file.secrets === undefined) return file;
  const granted = new Map<string, Secret<BindSecrets>>();
  const problems: string[] = [];
  const find = lazily(() => openSecrets(file.secrets!));
  for (const bind of listBinds(file)) {
    const { readsSecrets } = await findBackend(bind.table, bind);
    if (readsSecrets === undefined) continue;
    const former = bind.secrets?.reveal() ?? { values: [] };
    const values = new Map<string, string>();
    const refusals = new Set<string>();
    for (const name of readsSecrets(bind.config)) {
      const found = find()(name);
      if ('value' in found) values.set(name, found.value);
      else refusals.add(`${found.message}\n  fix: ${found.fix}`);
    }
    for (const refusal of refusals) {
      const error = placeError(
        describeBind(bind.table, bind),
        new CapabilityError('invalid-argument', refusal),
      );
      problems.push(describeComplaint(file, bind.position, error.message));
    }
    granted.set(`${bind.table}\0${bind.name}`, new Secret({ ...former, granted: values }));
  }
  if (problems.length > 0) throw new StartError(problems.join('\n\n'));
  if (granted.size === 0) return file;
  return withSecrets(file, (table, name) => granted.get(`${table}\0${name}`) ?? file[table]?.[name]?.secrets);
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
