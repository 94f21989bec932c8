/** Milliseconds that the author of a claim has to say it again, at the least; as much again is left to chance. */
const patience = 500;

/** Says again what counts where its author should have: it may have died in that moment. */
export interface StandIns {
  /** Something that does not count has taken its place at the server. */
  wait(id: string): void;
  /** It was said, or does not count any more. */
  stop(id: string): void;
  close(): void;
}

/** @param say called some time after `wait`, where it was not stopped meanwhile */
export function makeStandIns(say: (id: string) => void): StandIns {
  const timers = new Map<string, NodeJS.Timeout>();

  function stop(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
  }

  return {
    wait(id) {
      if (timers.has(id)) return;
      // Of several who wait the first does for all.
      const timer = setTimeout(
        () => {
          timers.delete(id);
          say(id);
        },
        patience * (1 + Math.random()),
      );
      timers.set(id, timer.unref());
    },
    stop,
    close() {
      for (const id of timers.keys()) stop(id);
    },
  };
}
