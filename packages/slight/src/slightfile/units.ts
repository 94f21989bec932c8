const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Bytes of a size such as `256MiB`; undefined where the text is none. Whole numbers of B, KiB, MiB or GiB. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, sizeUnits);
}

/** The shortest exact text of a number of bytes. */
export function printSize(bytes: number): string {
  return printQuantity(bytes, sizeUnits);
}

/** Milliseconds of a duration such as `30s`; undefined where the text is none. Whole numbers of ms, s, m or h. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, durationUnits);
}

/** The shortest exact text of a number of milliseconds. */
export function printDuration(milliseconds: number): string {
  return printQuantity(milliseconds, durationUnits);
}

function parseQuantity(text: string, units: { readonly [unit: string]: number }): number | undefined {
  const match = /^(\d{1,16})([A-Za-z]+)$/.exec(text);
  const unit = match === null || !Object.hasOwn(units, match[2]!) ? undefined : units[match[2]!];
  if (unit === undefined) return undefined;
  const value = Number(match![1]) * unit;
  return Number.isSafeInteger(value) ? value : undefined;
}

function printQuantity(value: number, units: { readonly [unit: string]: number }): string {
  const fitting = Object.entries(units).filter(([, size]) => value % size === 0 && (value > 0 || size === 1));
  const [unit, size] = fitting.at(-1)!;
  return `${value / size}${unit}`;
}
