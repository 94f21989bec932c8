import { closeSync, constants, fstatSync, mkdirSync, openSync, watch, writeSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Wakes the processes that share a file on this machine, within milliseconds. It carries nothing: whoever hears it
 * looks by itself whether there is something.
 */
export interface Doorbell {
  /** Tells all who listen, in every process. Call it after the commit; rings of one turn of the event loop are one. */
  ring(): void;
  /**
   * Calls the listener after a ring of any process, this one included, and once a second, since a ring may be lost. It
   * may be called for nothing.
   * @returns ends it
   */
  listen(listener: () => void): () => void;
  /** Lets go of it; its listeners hear nothing more. */
  close(): void;
}

interface Bell {
  readonly file: string;
  readonly listeners: Set<() => void>;
  readonly safety: NodeJS.Timeout;
  watcher: FSWatcher | undefined;
  /** A descriptor for rings. */
  fd: number | undefined;
  ringing: boolean;
  told: boolean;
  opens: number;
}

/** Milliseconds between two looks that nobody rang for. */
const pause = 1_000;

const bells = new Map<string, Bell>();

/**
 * The doorbell of a file, which is made where it is missing: one that lies beside the database, for rings alone, since
 * events of the database's own files get lost. It keeps no process alive. Where the system can watch no more files,
 * listeners are called once a second only.
 */
export function openDoorbell(file: string): Doorbell {
  const path = resolve(file);
  const bell = bells.get(path) ?? hang(path);
  bell.opens++;
  const mine = new Set<() => void>();
  let closed = false;
  return {
    ring() {
      if (!closed) ring(bell);
    },
    listen(listener) {
      // Its own identity, so that one listener may listen twice.
      const own = (): void => listener();
      if (closed) return () => undefined;
      if (bell.watcher === undefined) startWatch(bell);
      mine.add(own);
      bell.listeners.add(own);
      return () => {
        mine.delete(own);
        bell.listeners.delete(own);
      };
    },
    close() {
      if (closed) return;
      closed = true;
      for (const own of mine) bell.listeners.delete(own);
      if (--bell.opens === 0) takeDown(bell);
    },
  };
}

function hang(file: string): Bell {
  const bell: Bell = {
    file,
    listeners: new Set(),
    safety: setInterval(() => look(bell), pause).unref(),
    watcher: undefined,
    fd: undefined,
    ringing: false,
    told: false,
    opens: 0,
  };
  bells.set(file, bell);
  return bell;
}

function takeDown(bell: Bell): void {
  if (bell.ringing) press(bell);
  bells.delete(bell.file);
  clearInterval(bell.safety);
  letGo(bell);
}

function letGo(bell: Bell): void {
  bell.watcher?.close();
  bell.watcher = undefined;
  if (bell.fd !== undefined) closeSync(bell.fd);
  bell.fd = undefined;
}

function openBellFile(bell: Bell): number {
  if (bell.fd === undefined) {
    mkdirSync(dirname(bell.file), { recursive: true, mode: 0o700 });
    bell.fd = openSync(bell.file, constants.O_RDWR | constants.O_CREAT, 0o600);
  }
  return bell.fd;
}

function startWatch(bell: Bell): void {
  try {
    openBellFile(bell);
    bell.watcher = watch(bell.file, { persistent: false }, (event) => {
      // It was moved away: whoever comes next rings another file, which the next look watches.
      if (event === 'rename') letGo(bell);
      tell(bell);
    });
    bell.watcher.on('error', () => letGo(bell));
  } catch {
    // The system watches no more files, or this one cannot be made; the next look tries again.
    bell.watcher = undefined;
  }
}

function look(bell: Bell): void {
  // A file that was removed while it is open sends no such event.
  if (bell.fd !== undefined && fstatSync(bell.fd).nlink === 0) letGo(bell);
  if (bell.listeners.size === 0) return;
  if (bell.watcher === undefined) startWatch(bell);
  tell(bell);
}

function ring(bell: Bell): void {
  if (bell.ringing) return;
  bell.ringing = true;
  setImmediate(() => {
    if (bell.ringing) press(bell);
  });
}

function press(bell: Bell): void {
  bell.ringing = false;
  try {
    // One byte, always the same one: watchers hear of the write, whatever it changes.
    writeSync(openBellFile(bell), '.', 0);
  } catch {
    // What was to be told is stored; others see it with their next look.
    letGo(bell);
  }
  tell(bell);
}

/** Events of one turn are one. */
function tell(bell: Bell): void {
  if (bell.told) return;
  bell.told = true;
  setImmediate(() => {
    bell.told = false;
    for (const listener of Array.from(bell.listeners)) listener();
  });
}
