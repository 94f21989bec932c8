import type { Layout } from './layout.ts';
import type { AbiContext } from './memory.ts';

/**
 * How values of one type are read and written, compiled once for a type. Values are checked before they are written
 * (`check`), and written without looking again: so an argument that does not fit is found before the guest is entered.
 */
export interface Codec extends Layout {
  /** Reads a value at an address that is aligned and in bounds. */
  load(cx: AbiContext, at: number): any;
  /** Writes a checked value to an address that is aligned and in bounds. */
  store(cx: AbiContext, at: number, value: any): void;
  /** Reads a value from as many core values as `flat` says, from an index on. */
  lift(cx: AbiContext, core: readonly any[], from: number): any;
  /** Appends the core values of a checked value. */
  lower(cx: AbiContext, value: any, core: any[]): void;
  /** What is wrong with a value: where in it, and what; undefined where it fits. Also tells the path: `.items[2]: …`. */
  check(cx: AbiContext, value: any): string | undefined;
  /** `lift` for types of one core value. */
  readonly lift1?: ((cx: AbiContext, core: any) => any) | undefined;
  /** `lower` for types of one core value. */
  readonly lower1?: ((cx: AbiContext, value: any) => any) | undefined;
  /** `lift` for types of two core values. */
  readonly lift2?: ((cx: AbiContext, first: any, second: any) => any) | undefined;
}

/** Says what a value is, for messages: short, and never its whole content. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string')
    return value.length > 20 ? `a string of ${value.length}` : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return Object.getPrototypeOf(value)?.constructor?.name ?? 'an object';
  return `a ${typeof value}`;
}

/** The problem with a value that should have been something else. */
export function mismatch(wanted: string, value: unknown): string {
  return `: expected ${wanted}, found ${describe(value)}`;
}

/** WIT's kebab-case in JavaScript's camelCase: `read-only` → `readOnly`. Acronyms keep their capitals. */
export function toCamelCase(name: string): string {
  return name.replace(/-([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
