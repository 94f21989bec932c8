import { readFile, stat } from 'node:fs/promises';

export interface AppWatchOptions {
  /** The component's file; it may become another. */
  path(): string;
  /** The bytes that run. */
  current(): Uint8Array;
  /** The file holds other bytes, and nobody is writing to it. */
  onChange(): void;
}

/** Milliseconds between two looks at the file; a file that has not changed between them is whole. */
const interval = 250;

/**
 * Watches a component's file. It looks again and again: that works on network disks, for files that do not exist yet
 * and for those that are replaced by a rename. Gives a function that ends it.
 */
export function watchApp({ path, current, onChange }: AppWatchOptions): () => void {
  let handled = '';
  let last = '';
  let looking = false;

  async function look(): Promise<void> {
    const file = path();
    const { dev, ino, size, mtimeMs } = await stat(file);
    const state = `${file}\0${dev}:${ino}:${size}:${mtimeMs}`;
    const settled = state === last;
    last = state;
    if (!settled || state === handled) return;
    handled = state;
    if (!(await readFile(file)).equals(current())) onChange();
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // A file that is not there, or not yet, is no change.
    void look()
      .catch(() => (last = ''))
      .finally(() => (looking = false));
  }, interval);
  return () => clearInterval(timer);
}
