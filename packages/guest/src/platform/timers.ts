import { subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.12';
import { log } from '../log.ts';
import { addBackground, countUses, requireServing, sleeper } from '../phase.ts';
import { inspect } from './inspect.ts';

/**
 * Timers without an event loop: QuickJS runs jobs until none is left, and waiting stops the whole guest. So a loop of
 * ours lets the other jobs go on first, turn by turn, and has the host wake it when they seem to rest. Nothing tells
 * whether another job waits, which is why it sleeps in short slices, longer ones the longer nothing happens.
 */
interface Timer {
  readonly id: number;
  /** On the clock of `performance.now`. */
  due: number;
  /** Milliseconds between the calls of an interval. */
  readonly every: number | undefined;
  readonly call: () => unknown;
}

/** Turns in which other jobs go on before the guest sleeps: about a quarter of a millisecond. */
const turns = 512;
/** Slices of one millisecond before they grow: thousands of turns go by until another job is held up for long. */
const shortSlices = 12;
/** Milliseconds of the longest slice: what a job may be kept from going on. */
const longestSlice = 20;
/** Milliseconds; a longer delay is cut down to it. */
const longestDelay = 2 ** 31 - 1;

const timers = new Map<number, Timer>();
let lastId = 0;
let looping = false;
/** Nobody waits for the guest now: it must not sleep. `stopped`: nor will anybody, and timers are not for this request. */
let state: 'running' | 'paused' | 'stopped' = 'running';
/** Grows with every timer that is set or cleared. */
let changes = 0;

addBackground({
  resume() {
    state = 'running';
    ensureLoop();
  },
  pause() {
    state = 'paused';
  },
  stop() {
    state = 'stopped';
    timers.clear();
  },
});

/** Calls `callback` once, after `delay` milliseconds; timers of one moment in the order in which they were set. */
export function setTimeout(callback: (_: void) => unknown, delay?: number): number;
export function setTimeout<A extends unknown[]>(
  callback: (...args: A) => unknown,
  delay: number | undefined,
  ...args: A
): number;
export function setTimeout<A extends unknown[]>(
  callback: (...args: A) => unknown,
  delay?: number,
  ...args: A
): number {
  return start('setTimeout', callback, delay, false, args);
}

/** Calls `callback` again and again, every `delay` milliseconds (at least 1). */
export function setInterval(callback: (_: void) => unknown, delay?: number): number;
export function setInterval<A extends unknown[]>(
  callback: (...args: A) => unknown,
  delay: number | undefined,
  ...args: A
): number;
export function setInterval<A extends unknown[]>(
  callback: (...args: A) => unknown,
  delay?: number,
  ...args: A
): number {
  return start('setInterval', callback, delay, true, args);
}

/** Forgets a timer; one that is not there is no error. */
export function clearTimeout(id?: number): void {
  changes++;
  if (id !== undefined) timers.delete(id);
}

/** The same as clearTimeout. */
export const clearInterval = clearTimeout;

function start<A extends unknown[]>(
  name: string,
  callback: (...args: A) => unknown,
  delay: number | undefined,
  repeated: boolean,
  args: A,
): number {
  requireServing(`${name}() was called`);
  if (typeof callback !== 'function')
    throw new TypeError(`${name} takes a function, not ${callback === null ? 'null' : typeof callback}`);
  const wanted = Number(delay ?? 0);
  const after = Math.min(
    Number.isNaN(wanted) ? 0 : Math.max(Math.trunc(wanted), repeated ? 1 : 0),
    longestDelay,
  );
  const id = ++lastId;
  changes++;
  if (state === 'stopped') return id;
  timers.set(id, {
    id,
    due: performance.now() + after,
    every: repeated ? after : undefined,
    call: () => callback(...args),
  });
  ensureLoop();
  return id;
}

function ensureLoop(): void {
  if (looping || timers.size === 0 || state !== 'running') return;
  looping = true;
  sleeper.timers = true;
  void loop();
}

async function loop(): Promise<void> {
  let slices = 0;
  for (;;) {
    const rested = await letOthersGoOn();
    const next = findNext();
    if (next === undefined || state !== 'running') break;
    const left = next.due - performance.now();
    if (left <= 0) {
      if (next.every === undefined) timers.delete(next.id);
      else next.due = Math.max(next.due + next.every, performance.now());
      call(next);
      slices = 0;
    } else if (rested) {
      sleep(Math.min(left, 2 ** Math.max(slices - shortSlices, 0), longestSlice));
      slices++;
    } else slices = 0;
  }
  looping = false;
  sleeper.timers = false;
}

/** Gives the other jobs their turns. Whether nothing of what can be seen from here happened in them. */
async function letOthersGoOn(): Promise<boolean> {
  const before = changes + countUses();
  for (let turn = 0; turn < turns && timers.size > 0 && state === 'running'; turn++) await undefined;
  return before === changes + countUses();
}

function findNext(): Timer | undefined {
  let next: Timer | undefined;
  for (const timer of timers.values()) if (next === undefined || timer.due < next.due) next = timer;
  return next;
}

function sleep(milliseconds: number): void {
  if (sleeper.sleep(Math.ceil(milliseconds))) return;
  const pollable = subscribeDuration(Math.ceil(milliseconds * 1e6));
  pollable.block();
  pollable[Symbol.dispose]();
}

function call(timer: Timer): void {
  try {
    const given = timer.call();
    if (given instanceof Promise) given.catch(complain);
  } catch (error) {
    complain(error);
  }
}

function complain(error: unknown): void {
  log('error', `uncaught in a timer: ${inspect(error)}`);
}
