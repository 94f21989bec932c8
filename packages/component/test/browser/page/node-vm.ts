/** Stands for `node:vm` and `node:v8` in a page, which its browser lets collect garbage when it is asked. */
export function runInNewContext(code: string): unknown {
  return new Function(`return (${code})`)();
}

export function setFlagsFromString(): void {}
