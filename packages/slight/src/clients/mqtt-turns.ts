/** Lets so many tasks run at once; the others wait for their turn, in their order. */
export interface Turns {
  /** How many may run. */
  limit(most: number): void;
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function makeTurns(): Turns {
  const waiting: (() => void)[] = [];
  let most = 1;
  let running = 0;

  function next(): void {
    while (running < most && waiting.length > 0) {
      running++;
      waiting.shift()!();
    }
  }

  return {
    limit(given) {
      most = Math.max(1, given);
      next();
    },
    async run(task) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        next();
      });
      try {
        return await task();
      } finally {
        running--;
        next();
      }
    },
  };
}
