import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { testConformance } from '../../../test/suites.ts';
import type { Backend } from '../core/backend.ts';
import { openSecrets, setSecret } from '../../secrets/store.ts';
import { openCapabilityOn } from '../core/open.ts';
import { Secret } from '../core/secret.ts';
import { envvars } from './backends/envvars.ts';
import { file } from './backends/file.ts';
import { usersecrets } from './backends/usersecrets.ts';
import type { Given } from './conformance/check.ts';
import { configsConformance } from './conformance.ts';
import type { Configs, ConfigsFeature } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'slight-configs-'));
const surroundings = { dataDir: join(folder, '.slight'), timeout: 10_000 };
after(() => rmSync(folder, { recursive: true }));

/** Variables of the environment are the same for all names, so only one check that uses them runs at a time. */
function conformsInEnvironment(title: string, backend: Backend<Configs, ConfigsFeature>): void {
  const configs = new Map<string, { names: string[]; secrets: string[] }>();
  const open = (name: string, given: Given | undefined) => {
    const { values = {}, secrets = {}, absent = [] } = given ?? {};
    if (given !== undefined) {
      Object.assign(process.env, values, secrets);
      configs.set(name, { names: [...Object.keys(values), ...absent], secrets: Object.keys(secrets) });
    }
    const config = { ...configs.get(name), writable: true };
    return openCapabilityOn('configs', backend, { name, bind: 'envvars', config }, surroundings);
  };
  testConformance(title, configsConformance({ open, features: backend.features }));
}

function conformsInFile(ending: string, print: (values: { [key: string]: string }) => string): void {
  const written = new Map<string, { [key: string]: string }>();
  const write = (name: string, values: { [key: string]: string }) => {
    written.set(name, values);
    const path = join(folder, `${name}${ending}`);
    writeFileSync(`${path}.new`, print(values));
    renameSync(`${path}.new`, path);
  };
  const secretsOf = new Map<string, string[]>();
  testConformance(
    `a file ${ending}`,
    configsConformance({
      features: file.features,
      open(name, given) {
        if (given !== undefined) {
          write(name, { ...given.values, ...given.secrets });
          secretsOf.set(name, Object.keys(given.secrets ?? {}));
        }
        const bind = { name, bind: `file:./${name}${ending}`, config: { secrets: secretsOf.get(name)! } };
        return openCapabilityOn('configs', file, bind, surroundings);
      },
      change: (name, key, value) => write(name, { ...written.get(name), [key]: value }),
    }),
  );
}

/** Kept and read as the host does it. */
function conformsInSecrets(): void {
  const settings = (name: string) => ({ folder, file: join(folder, `${name}.json`), key: 'file:./app.key' });
  const configs = new Map<string, string[]>();
  testConformance(
    'usersecrets',
    configsConformance({
      features: usersecrets.features,
      allSecret: true,
      async open(name, given) {
        if (given !== undefined) {
          const all = { ...given.values, ...given.secrets };
          for (const [key, value] of Object.entries(all)) setSecret(settings(name), key, value);
          configs.set(name, [...Object.keys(all), ...(given.absent ?? [])]);
        }
        const names = configs.get(name)!;
        const find = openSecrets(settings(name));
        const granted = new Map<string, string>();
        for (const key of usersecrets.readsSecrets!({ names })) {
          const found = find(key);
          if ('value' in found) granted.set(key, found.value);
        }
        const secrets = new Secret({ values: [], granted });
        return openCapabilityOn(
          'configs',
          usersecrets,
          { name, bind: 'usersecrets', config: { names }, secrets },
          surroundings,
        );
      },
    }),
  );
}

const lines = (print: (value: string) => string) => (values: { [key: string]: string }) =>
  Object.entries(values)
    .map(([key, value]) => `${key} = ${print(value)}\n`)
    .join('');

conformsInEnvironment('envvars', envvars);
conformsInEnvironment('a backend that declares nothing', { ...envvars, features: new Set() });
conformsInSecrets();
conformsInFile('.json', (values) => JSON.stringify(values));
conformsInFile('.toml', lines(JSON.stringify));
conformsInFile(
  '.env',
  lines((value) => (value.includes('"') ? `\`${value}\`` : `'${value}'`)),
);
