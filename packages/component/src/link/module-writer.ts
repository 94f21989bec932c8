import type { CoreType } from '../abi/model.ts';

export type AdapterType = CoreType | 'externref';

export interface Signature {
  readonly params: readonly AdapterType[];
  readonly results: readonly AdapterType[];
}

const TYPE_CODES: Readonly<Record<AdapterType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  externref: 0x6f,
};

/** The byte that stands for a value type. */
export function codeOf(type: AdapterType): number {
  return TYPE_CODES[type];
}

const FUNCTION = 0;
const MEMORY = 2;

/** Puts a core module together: imports first, then functions, each exported under its name. */
export class ModuleWriter {
  readonly #types: number[][] = [];
  readonly #typeIndexes = new Map<string, number>();
  readonly #imports: number[][] = [];
  readonly #imported = new Map<string, number>();
  readonly #functions: number[][] = [];
  readonly #exports: number[][] = [];
  readonly #code: number[][] = [];
  #functionCount = 0;

  /** @returns the index of the function, the same for the same import */
  importFunction(module: string, name: string, signature: Signature): number {
    const type = this.#typeOf(signature);
    const key = `${module} ${name} ${type}`;
    const known = this.#imported.get(key);
    if (known !== undefined) return known;
    this.#imports.push([...encodeName(module), ...encodeName(name), FUNCTION, ...encodeNumber(type)]);
    this.#imported.set(key, this.#functionCount);
    return this.#functionCount++;
  }

  /** Imports the module's one memory, of exactly one page. */
  importMemory(module: string, name: string): void {
    if (this.#imported.has('memory')) return;
    this.#imports.push([...encodeName(module), ...encodeName(name), MEMORY, 1, 1, 1]);
    this.#imported.set('memory', 0);
  }

  /** Adds an exported function; `body` is one instruction or a few in each part. All imports have been made by then. */
  addFunction(
    name: string,
    signature: Signature,
    locals: readonly AdapterType[],
    body: readonly (readonly number[])[],
  ): void {
    this.#functions.push(encodeNumber(this.#typeOf(signature)));
    this.#exports.push([...encodeName(name), FUNCTION, ...encodeNumber(this.#functionCount++)]);
    const declared = locals.flatMap((type) => [1, TYPE_CODES[type]]);
    const code = [...encodeNumber(locals.length), ...declared, ...body.flat(), 0x0b];
    this.#code.push([...encodeNumber(code.length), ...code]);
  }

  finish(): Uint8Array<ArrayBuffer> {
    const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const sections = [
      encodeSection(1, this.#types),
      encodeSection(2, this.#imports),
      encodeSection(3, this.#functions),
      encodeSection(7, this.#exports),
      encodeSection(10, this.#code),
    ];
    return new Uint8Array([...magic, ...sections.flat()]);
  }

  #typeOf({ params, results }: Signature): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.#typeIndexes.get(key);
    if (index === undefined) {
      index = this.#types.length;
      this.#typeIndexes.set(key, index);
      const codes = (types: readonly AdapterType[]): number[] => [
        types.length,
        ...types.map((type) => TYPE_CODES[type]),
      ];
      this.#types.push([0x60, ...codes(params), ...codes(results)]);
    }
    return index;
  }
}

/** LEB128, unsigned. */
export function encodeNumber(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** Only for names in ASCII. */
function encodeName(name: string): number[] {
  return [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
}

function encodeSection(id: number, items: readonly number[][]): number[] {
  const body = [...encodeNumber(items.length), ...items.flat()];
  return [id, ...encodeNumber(body.length), ...body];
}
