import { describeBackends } from '../host/backends.ts';
import type { BackendRow } from '../host/backends.ts';

/**
 * `slight backends`: what a line of a slightfile may name, as a table or, for programs, as one array of JSON. Gives the
 * exit code.
 */
export async function backends({ json = false }: { readonly json?: boolean }): Promise<number> {
  const rows = await describeBackends();
  process.stdout.write(json ? `${JSON.stringify(rows, undefined, 2)}\n` : layOut(rows));
  return 0;
}

function layOut(rows: readonly BackendRow[]): string {
  const lines = [
    ['CAPABILITY', 'BACKEND', 'SETTINGS', 'FEATURES'],
    ...rows.map(({ capability, scheme, config, features }) => [
      capability,
      scheme,
      Object.keys(config).join(', ') || '-',
      features.join(', ') || '-',
    ]),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}
