import type { Listener, Message } from './contract.ts';
import { matchesAny } from './topics.ts';
import { takeWithin } from './wait.ts';

/** Keeps what a listener has heard until somebody asks for it. */
export interface Ear {
  /** Keeps what `read` gives, where somebody listens to its topic. */
  hear(topic: string, read: () => Message): void;
  /** Hands it on. `close` is called once, when nobody listens any more. */
  listener(close: () => void): Listener;
}

/** Broadcasts, and bytes of them, that are kept for one who does not ask; then the oldest is lost. */
const mostKept = 10_000;
const mostBytes = 64 * 1024 * 1024;

export function makeEar(topics: readonly string[]): Ear {
  const waiting = new Set<() => void>();
  let kept: Message[] = [];
  let bytes = 0;
  let closed = false;

  function wakeAll(): void {
    for (const wake of waiting) wake();
  }

  function shift(): Message {
    const message = kept.shift()!;
    bytes -= message.body.byteLength;
    return message;
  }

  return {
    hear(topic, read) {
      if (closed || !matchesAny(topics, topic)) return;
      const message = read();
      kept.push(message);
      bytes += message.body.byteLength;
      while (kept.length > mostKept || (bytes > mostBytes && kept.length > 1)) shift();
      wakeAll();
    },
    listener: (close) => ({
      next: (max, wait) =>
        takeWithin(wait, {
          take: () => Array.from({ length: Math.min(max, kept.length) }, shift),
          listen(wake) {
            waiting.add(wake);
            return () => waiting.delete(wake);
          },
          due: () => undefined,
          over: () => closed,
        }),
      close() {
        if (closed) return;
        closed = true;
        kept = [];
        bytes = 0;
        close();
        wakeAll();
      },
    }),
  };
}
