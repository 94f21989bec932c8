import type { Trap, TrapCode } from '../api.ts';

/**
 * A module whose one function traps. An object that V8 made for a trap passes through every `catch_all` of a guest,
 * also when it is thrown again later, by JavaScript, with another message; one made by `new` does not.
 */
// prettier-ignore
const TRAPPING_MODULE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // magic, version
  1, 4, 1, 0x60, 0, 0, // type 0: () -> ()
  3, 2, 1, 0, // function 0 of type 0
  7, 5, 1, 1, 0x74, 0, 0, // export "t"
  10, 5, 1, 3, 0, 0x00, 0x0b, // code: unreachable
]);

let unreachable: (() => never) | undefined;

function makeTrapObject(): WebAssembly.RuntimeError {
  unreachable ??= new WebAssembly.Instance(new WebAssembly.Module(TRAPPING_MODULE)).exports[
    't'
  ] as () => never;
  try {
    return unreachable();
  } catch (error) {
    return error as WebAssembly.RuntimeError;
  }
}

function label(error: WebAssembly.RuntimeError, code: TrapCode, message: string, cause: unknown): Trap {
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperties(error, {
    message: { ...hidden, value: message },
    trap: { ...hidden, enumerable: true, value: code },
  });
  if (cause !== undefined) Object.defineProperty(error, 'cause', { ...hidden, value: cause });
  return error as Trap;
}

/** Makes a trap object that no guest can catch. About 3 µs. */
export function makeTrap(code: TrapCode, message: string, cause?: unknown): Trap {
  const error = label(makeTrapObject(), code, message, cause);
  // The first line of the stack was written when the object came into being.
  const frames = error.stack?.indexOf('\n    at ') ?? -1;
  error.stack = `RuntimeError: ${message}${frames < 0 ? '' : error.stack!.slice(frames)}`;
  return error;
}

/** Throws a trap for a broken rule of the Component Model. */
export function trapAbi(message: string): never {
  throw makeTrap('abi', message);
}

const uncaught = 'uncaught exception propagated out of component';

/** Ends a call in which an exception of a guest reached the edge of its component: no other one may catch it. */
export function trapUncaught(): never {
  throw makeTrap('unreachable', uncaught);
}

/** Whether an error came out of WebAssembly, and not of JavaScript. */
export function isFromGuest(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof WebAssembly.Exception ||
    isStackOverflow(error)
  );
}

/** Whether the error is a trap with its reason on it. */
export function isTrap(error: unknown): error is Trap {
  return error instanceof WebAssembly.RuntimeError && 'trap' in error;
}

const REASONS: readonly (readonly [RegExp, TrapCode])[] = [
  [/^unreachable/, 'unreachable'],
  [/out of bounds|out-of-bounds|unaligned access|array is too large/, 'out-of-bounds'],
  [/divide|division|remainder|unrepresentable|overflow/, 'arithmetic'],
  [
    /null function|signature mismatch|indirect|null pointer|null reference|null value|illegal cast/,
    'indirect-call',
  ],
];

/**
 * Names the reason of an error that came out of a guest. A trap of V8 stays the same object, labelled; a stack
 * overflow and whatever else comes out becomes the cause of a new trap.
 */
export function trapFromGuest(error: unknown): Trap {
  if (isTrap(error)) return error;
  if (error instanceof WebAssembly.RuntimeError) {
    const code = REASONS.find(([pattern]) => pattern.test(error.message))?.[1] ?? 'unreachable';
    return label(error, code, error.message, undefined);
  }
  if (isStackOverflow(error)) return makeTrap('stack-overflow', 'the guest used up its stack', error);
  if (error instanceof WebAssembly.Exception) {
    return makeTrap('unreachable', uncaught, error);
  }
  if (typeof WebAssembly.SuspendError === 'function' && error instanceof WebAssembly.SuspendError) {
    return makeTrap(
      'abi',
      'the guest had to wait where it cannot: below a JavaScript frame or a plain call',
      error,
    );
  }
  return makeTrap('host-error', `a host function failed: ${messageOf(error)}`, error);
}

/** Turns what a host function threw, or its promise rejected with, into a trap. A trap stays as it is. */
export function trapFromHost(error: unknown, name: string): Trap {
  if (isTrap(error)) return error;
  if (isStackOverflow(error))
    return makeTrap('stack-overflow', `the stack was used up in host function ${name}`, error);
  return makeTrap('host-error', `host function ${name} failed: ${messageOf(error)}`, error);
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  try {
    return String(error);
  } catch {
    return 'an error that cannot be printed';
  }
}
