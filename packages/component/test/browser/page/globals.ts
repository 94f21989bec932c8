/** Stand for globals of Node's that tests use; what tests the sources as they are must not find them. */
import { Skip } from './skip.ts';

const waiting: (() => void)[] = [];
const { port1, port2 } = new MessageChannel();
port1.addEventListener('message', () => waiting.shift()!());
port1.start();

export function setImmediate<T extends unknown[]>(run: (...args: T) => void, ...args: T): void {
  waiting.push(() => run(...args));
  port2.postMessage(undefined);
}

export const Buffer = {
  /** Tells no more than whether they are the same. */
  compare(one: Uint8Array, other: Uint8Array): number {
    return one.length === other.length && one.every((byte, index) => byte === other[index]) ? 0 : 1;
  },
};

export const process = new Proxy(
  {},
  {
    get(_, name) {
      throw new Skip(`needs process.${String(name)}, which only Node has`);
    },
  },
);
