import type { ConfigValue, ConfigWatch } from './contract.ts';

/** Milliseconds between two looks while somebody waits. */
const pause = 200;

/** A watch that compares what `read` gives, for values that are read at once. It looks only while somebody waits. */
export function pollConfigs(read: () => ReadonlyMap<string, ConfigValue>): ConfigWatch {
  let last = read();
  let closed = false;
  let wake: (() => void) | undefined;

  function findChanges(): string[] {
    const now = read();
    const keys = new Set([...last.keys(), ...now.keys()]);
    const changed = [...keys].filter((key) => textOf(last.get(key)) !== textOf(now.get(key)));
    last = now;
    return changed;
  }

  async function wait(until: number): Promise<string[]> {
    for (;;) {
      const left = until - performance.now();
      if (left <= 0 || closed) return [];
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, pause));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const changed = closed ? [] : findChanges();
      if (changed.length > 0) return changed;
    }
  }

  return {
    next(milliseconds) {
      const changed = findChanges();
      return changed.length > 0 || milliseconds <= 0 ? changed : wait(performance.now() + milliseconds);
    },
    close() {
      closed = true;
      wake?.();
    },
  };
}

function textOf(value: ConfigValue | undefined): string | undefined {
  return typeof value === 'object' ? value.reveal() : value;
}
