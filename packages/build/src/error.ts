/** One thing that stands between a source and its component. Plain data: whoever asked for the build prints it. */
export interface BuildError {
  /** What happened, where, in one sentence. */
  readonly message: string;
  /** Absolute path of the source file, where one is known. */
  readonly file?: string;
  /** Counts from 1. */
  readonly line?: number;
  /** Counts from 1. */
  readonly column?: number;
  /** The lines around the place, with a mark under it; ready to print in a fixed-width font. */
  readonly frame?: string;
  /** What to write instead. */
  readonly fix?: string;
}

/** A build that made no component. `errors` has at least one entry. */
export class BuildFailure extends Error {
  override readonly name = 'BuildFailure';
  readonly errors: readonly BuildError[];
  constructor(errors: readonly BuildError[]) {
    super(errors.map((error) => formatBuildError(error)).join('\n\n'));
    this.errors = errors;
  }
}

/** One error as text: `file:line:column`, message, frame, fix. Paths are shown relative to `base` where they lie below it. */
export function formatBuildError(error: BuildError, base?: string): string {
  const lines: string[] = [];
  const place = formatPlace(error, base);
  lines.push(place === '' ? error.message : `${place}: ${error.message}`);
  if (error.frame !== undefined) lines.push(error.frame);
  if (error.fix !== undefined) lines.push(`→ ${error.fix}`);
  return lines.join('\n');
}

function formatPlace(error: BuildError, base: string | undefined): string {
  if (error.file === undefined) return '';
  const prefix = base === undefined ? undefined : base.endsWith('/') ? base : `${base}/`;
  const file =
    prefix !== undefined && error.file.startsWith(prefix) ? error.file.slice(prefix.length) : error.file;
  return [file, error.line, error.column].filter((part) => part !== undefined).join(':');
}
