/**
 * Gives package-lock.json an entry for every optional package of another platform. npm leaves out those that the
 * registry at hand does not hold, and `npm ci` then refuses the file, everywhere. Run it after `npm install`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  version?: string;
  dev?: boolean;
  license?: string;
  optionalDependencies?: { readonly [name: string]: string };
  [key: string]: unknown;
}

export interface Lock {
  packages: { [path: string]: LockedPackage };
}

/** What a platform's package says of itself, by its name: `@oxlint/binding-linux-arm64-musl`. */
const platform =
  /(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-(gnu|musl)$)?/;

/** The entries that are missing, by their paths. Packages whose names do not tell their platform are passed over. */
export function findGaps({ packages }: Lock): Lock['packages'] {
  const gaps: Lock['packages'] = {};
  for (const owner of Object.values(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      const [, os, cpu, libc] = platform.exec(name) ?? [];
      if (os === undefined || path in packages || !/^\d[\w.+-]*$/.test(version)) continue;
      gaps[path] = {
        version,
        cpu: [cpu],
        ...(owner.dev === true ? { dev: true } : {}),
        ...(libc === undefined ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
        ...(owner.license === undefined ? {} : { license: owner.license }),
        optional: true,
        os: [os],
      };
    }
  }
  return gaps;
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '../package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const gaps = findGaps(lock);
  const all = { ...lock.packages, ...gaps };
  lock.packages = Object.fromEntries(
    Object.keys(all)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((path) => [path, all[path]!]),
  );
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stderr.write(`${Object.keys(gaps).length} entries added\n`);
}
