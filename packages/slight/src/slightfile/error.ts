import { maskSecrets } from './mask.ts';
import type { Position } from './model.ts';

/** A stretch of a slightfile on one line. */
export interface Span extends Position {
  /** Characters to underline, at least 1. */
  readonly width: number;
}

/** One thing that is wrong with a slightfile. */
export interface Problem {
  /** Where; absent where the file as a whole is meant. */
  readonly span?: Span | undefined;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

const shown = 20;
const widest = 100;

/**
 * A slightfile that cannot be used. `message` holds every problem with its place, the line concerned and what to do;
 * credentials are hidden in it.
 */
export class SlightfileError extends Error {
  override readonly name = 'SlightfileError';
  /** The file, as it was given. */
  readonly path: string;
  /** In the order of the file; at least one. */
  readonly problems: readonly Problem[];
  constructor(path: string, text: string, problems: readonly Problem[], cause?: unknown) {
    const sorted = problems
      .map(({ span, message, fix }) => ({ span, message: maskSecrets(message), fix: maskSecrets(fix) }))
      .toSorted(
        (a, b) => (a.span?.line ?? 0) - (b.span?.line ?? 0) || (a.span?.column ?? 0) - (b.span?.column ?? 0),
      );
    const lines = text.split(/\r?\n/);
    const printed = sorted.slice(0, shown).map((problem) => printProblem(path, lines, problem));
    if (sorted.length > shown) printed.push(`… and ${sorted.length - shown} more`);
    super(printed.join('\n\n'), { cause });
    this.path = path;
    this.problems = sorted;
  }
}

function printProblem(path: string, lines: readonly string[], { span, message, fix }: Problem): string {
  const place = span === undefined ? path : `${path}:${span.line}:${span.column}`;
  const frame = span === undefined ? '' : printFrame(lines[span.line - 1] ?? '', span);
  return `${place}: ${printable(message)}\n${frame}  fix: ${printable(fix)}`;
}

/** The line with the span underlined, credentials hidden; ends with a line break. */
export function printFrame(line: string, span: Span): string {
  const { text, start, end } = maskLine(line, span.column - 1, span.column - 1 + span.width);
  // A long line is cut so that the span stays in sight.
  const from = Math.max(0, Math.min(start - 20, text.length - widest));
  const cut = text.slice(from, from + widest);
  const gutter = String(span.line);
  const underline = '^'.repeat(Math.max(1, Math.min(end, from + cut.length) - start));
  return (
    `  ${gutter} | ${from > 0 ? '…' : ''}${printable(cut)}\n` +
    `  ${' '.repeat(gutter.length)} | ${' '.repeat(start - from + (from > 0 ? 1 : 0))}${underline}\n`
  );
}

/** Hides the line's credentials and moves the span to where it then stands. */
function maskLine(line: string, start: number, end: number): { text: string; start: number; end: number } {
  const text = maskSecrets(line);
  if (text === line) return { text, start, end: Math.max(end, start + 1) };
  // Everything before and behind what was hidden is unchanged, so an index counts from whichever side it lies on.
  let same = 0;
  while (same < text.length && text[same] === line[same]) same++;
  let tail = 0;
  const rest = Math.min(text.length, line.length) - same;
  while (tail < rest && text[text.length - 1 - tail] === line[line.length - 1 - tail]) tail++;
  const move = (index: number) =>
    index <= same
      ? index
      : index >= line.length - tail
        ? index - line.length + text.length
        : Math.min(index, text.length - tail);
  const moved = move(start);
  return { text, start: moved, end: Math.max(move(end), moved + 1) };
}

/** Tabs and control characters each become one visible character, so that columns hold and no terminal obeys them. */
function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
