import { readFileSync } from 'node:fs';

/**
 * The lines around a place in a source, with a mark under it. Line and column count from 1; `length` is how much to
 * underline. Undefined where the source has no such line.
 */
export function renderFrame(source: string, line: number, column: number, length = 1): string | undefined {
  const lines = source.split(/\r\n|\r|\n/);
  const target = lines[line - 1];
  if (target === undefined) return undefined;
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 1);
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? '';
    out.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number !== line) continue;
    // Tabs are kept, so that the mark stands under the place whatever their width.
    const indent = target.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
    const marks = Math.max(1, Math.min(length, target.length - column + 1));
    out.push(`  ${' '.repeat(width)} | ${indent}${'^'.repeat(marks)}`);
  }
  return out.join('\n');
}

/** The same for a file on disk; undefined where it cannot be read. */
export function renderFileFrame(
  file: string,
  line: number,
  column: number,
  length?: number,
): string | undefined {
  try {
    return renderFrame(readFileSync(file, 'utf8'), line, column, length);
  } catch {
    return undefined;
  }
}
