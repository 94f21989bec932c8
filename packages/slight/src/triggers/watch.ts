import type { LogLevel, Watch } from '../slightfile/model.ts';
import { endsWithin, pause } from './clock.ts';
import type { ChangeEvent } from './event.ts';
import type { Following } from './schedule.ts';

type MaybePromise<T> = T | Promise<T>;

/** Where changes come from. */
export interface ChangeSource {
  /** What changed since the answer before; waits up to so many milliseconds for it. */
  next(wait: number): MaybePromise<{
    readonly changes: readonly { readonly key: string }[];
    /** Changes were lost. */
    readonly resync: boolean;
  }>;
  /** Ends a wait, too. */
  close(): MaybePromise<void>;
}

export interface WatchOptions {
  readonly watch: Watch;
  open(): MaybePromise<ChangeSource>;
  /** Calls the app. What fails comes again; the log has it by then. */
  run(event: ChangeEvent, signal: AbortSignal): Promise<void>;
  say(level: LogLevel, message: string): void;
}

/** Milliseconds of one wait. */
const longestWait = 20_000;
/** Most keys of one event. */
const mostKeys = 100;
/** Keys that wait for an app that fails from which it is told to look at everything instead. */
const tooMany = 10_000;
/** Milliseconds until what failed is tried again: from the first of these, doubled, to the second. */
const [firstPause, longestPause] = [100, 30_000];
/** Milliseconds that a call which was given up has to end. */
const farewell = 1_000;

/**
 * Tells the app of changes, one event after the other. It begins with one that says that changes may have been missed.
 */
export function followWatch(options: WatchOptions): Following {
  const { watch, say } = options;
  const title = `watch ${watch.name}`;
  const closed = new AbortController();
  const giveUp = new AbortController();
  const keys = new Set<string>();
  let resync = true;
  let source: ChangeSource | undefined;

  function add(changed: readonly string[], lost: boolean): void {
    for (const key of changed) keys.add(key);
    if (!lost && keys.size <= tooMany) return;
    resync = true;
    keys.clear();
  }

  /** Undefined where there is nothing to tell. */
  function takeEvent(): ChangeEvent | undefined {
    if (!resync && keys.size === 0) return undefined;
    const event = { name: watch.name, store: watch.store, keys: [...keys].slice(0, mostKeys), resync };
    for (const key of event.keys) keys.delete(key);
    resync = false;
    return event;
  }

  async function follow(): Promise<void> {
    // It is open before the app looks at everything, so that nothing falls between.
    source ??= await options.open();
    if (!resync && keys.size === 0) {
      const next = await source.next(longestWait);
      add(
        next.changes.map(({ key }) => key),
        next.resync,
      );
    }
  }

  async function tell(event: ChangeEvent): Promise<boolean> {
    try {
      await options.run(event, giveUp.signal);
      return true;
    } catch {
      resync ||= event.resync;
      add(event.keys, false);
      return false;
    }
  }

  async function work(): Promise<void> {
    let [lost, failed] = [0, 0];
    while (!closed.signal.aborted) {
      try {
        await follow();
        if (lost > 0) say('info', `${title}: changes come again`);
        lost = 0;
      } catch (error) {
        if (closed.signal.aborted) return;
        if (lost === 0) say('error', `${title}: no changes come: ${(error as Error).message}`);
        await closeSource();
        resync = true;
        lost = grow(lost);
        await pause(lost, closed.signal);
        continue;
      }
      const event = closed.signal.aborted ? undefined : takeEvent();
      if (event === undefined) continue;
      failed = (await tell(event)) ? 0 : grow(failed);
      if (failed > 0) await pause(failed, closed.signal);
    }
  }

  async function closeSource(): Promise<void> {
    const former = source;
    source = undefined;
    try {
      await former?.close();
    } catch {
      // It is gone already.
    }
  }

  const over = work();
  return {
    async close(bound) {
      closed.abort();
      await closeSource();
      if (bound > 0 && (await endsWithin(bound, over))) return;
      giveUp.abort(new Error('the app is shutting down'));
      await endsWithin(farewell, over);
    },
  };
}

function grow(rest: number): number {
  return Math.min(longestPause, Math.max(firstPause, rest * 2));
}
