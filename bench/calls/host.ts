/** What the guest imports. */
export const HOST = 'bench:calls/host@0.1.0';

/** The host's side, as plain JavaScript. */
export interface Host {
  get(key: string): Uint8Array | Promise<Uint8Array>;
  add(a: number, b: number): number | Promise<number>;
}

/** The guest's side: each does its work `count` times and answers what came of it. */
export interface Runs {
  get(count: number): number | Promise<number>;
  add(count: number): number | Promise<number>;
}

export const VALUE = new TextEncoder().encode('{"status":"new"}');

/** Looks a value up. A contestant that does not really read the key must not win. */
export function find(key: string): Uint8Array {
  if (key !== 'orders/000012345') throw new Error(`unexpected key ${key}`);
  return VALUE;
}

export function add(a: number, b: number): number {
  return (a + b) >>> 0;
}

/** Hosts for contestants whose `get` gives the plain value (and would throw an error): at once, and with a promise. */
export const HOSTS: Record<'sync' | 'jspi', Host> = {
  sync: { get: find, add },
  jspi: { get: async (key) => find(key), add: async (a, b) => add(a, b) },
};
