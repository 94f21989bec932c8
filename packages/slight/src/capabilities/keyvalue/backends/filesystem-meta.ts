/** A value that was written here. Its hash says which bytes it is about. */
export interface Written {
  readonly sha256: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly expires?: number;
}

/**
 * What is kept of a key beside its value. It is written before the value: the first of `values` is what is there then,
 * the second what was there before. So whichever of the two a crash leaves, it has its version and expiry.
 */
export interface Meta {
  /** Where the file name has a hash in place of the end of the key. */
  readonly key?: string;
  readonly values: readonly Written[];
}

/** Undefined where another program wrote it. */
export function parseMeta(json: string): Meta | undefined {
  try {
    const meta = JSON.parse(json) as Meta;
    return meta.values.every(isWritten) && isOptional(meta.key, 'string') ? meta : undefined;
  } catch {
    return undefined;
  }
}

function isWritten({ sha256, version, expires }: Written): boolean {
  return typeof sha256 === 'string' && typeof version === 'string' && isOptional(expires, 'number');
}

function isOptional(value: unknown, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type;
}

export function mayExpire(meta: Meta | undefined): boolean {
  return meta !== undefined && meta.values.some(({ expires }) => expires !== undefined);
}
