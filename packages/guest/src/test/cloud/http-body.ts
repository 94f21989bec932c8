/** `spiderlightning:cloud/http-body` in plain Node, where a request always has its body whole. */
export function read(_max: number): Uint8Array | null {
  return null;
}
