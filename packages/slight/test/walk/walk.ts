import { isTrap, readWear } from '@spiderlightning/component';
import type { CallOptions, GuestResource } from '@spiderlightning/component';
import { hostThread } from '../../../component/src/platform/host-thread.ts';
import { createRandom } from '../../../component/test/fuzz/random.ts';
import type { Random } from '../../../component/test/fuzz/random.ts';
import { createPool, PoolBusyError } from '../../src/host/worker/pool.ts';
import type { Pool } from '../../src/host/worker/pool.ts';
import { END, WAIT, compileWalker } from './guest.ts';
import { makeWalker, sleep, turn } from './host.ts';
import type { Walker } from './host.ts';

const LIMIT = 6;
const ACTORS = 10;
/** Milliseconds after which something that should have ended is stuck: the machine may be busy. */
const PATIENCE = 60_000;

export interface Outcome {
  readonly steps: number;
  /** How often each outcome of each step was seen. */
  readonly seen: ReadonlyMap<string, number>;
}

/** What may come of a call in which nothing is wrong with the call itself: it is given up, or the instance is. */
const GIVEN_UP = ['deadline', 'cancelled', 'cpu'];

interface Step {
  readonly name: string;
  readonly args: readonly unknown[];
  /** How often it is taken. */
  readonly weight: number;
  /** The traps that it ends with; without any it has to give what `expect` says. */
  readonly traps: readonly string[];
  /** Whether it may have its answer before it ends. */
  readonly perhaps?: boolean;
  /** Whether it ends only where it is given up. */
  readonly endless?: boolean;
  /** What it gives, and what that changes. */
  expect?(walker: Walker): number | undefined;
}

const counts = (walker: Walker): number => ++walker.count;
const call = (name: string, n: number, weight: number, ...traps: string[]): Step => ({
  name,
  args: [n],
  weight,
  traps,
  ...(traps.length === 0 && { expect: counts }),
});
const perhaps = (step: Step): Step => ({ ...step, perhaps: true });
const endless = (step: Step): Step => ({ ...step, traps: [], endless: true });

const STEPS: readonly Step[] = [
  call('wait', WAIT.atOnce, 8),
  call('wait', WAIT.later, 8),
  call('wait', WAIT.timer, 8),
  call('wait', WAIT.other, 6),
  endless(call('wait', WAIT.never, 3)),
  call('wait', WAIT.throws, 1, 'host-error'),
  call('wait', WAIT.rejects, 1, 'host-error'),
  call('wait', WAIT.enters, 1, 'abi'),
  perhaps(call('wait', WAIT.disposes, 1, 'cancelled')),
  { name: 'hold', args: [3], weight: 6, traps: [], expect: (walker) => (walker.held += 3) },
  { name: 'let-go', args: [], weight: 4, traps: [], expect: (walker) => (walker.held = 0) },
  call('lend', WAIT.atOnce, 2),
  call('lend', WAIT.timer, 3),
  endless(call('lend', WAIT.never, 1)),
  call('lend', WAIT.throws, 1, 'host-error'),
  call('end', END.well, 4),
  call('end', END.crash, 1, 'unreachable'),
  endless(call('end', END.spin, 1)),
  call('end', END.waits + WAIT.later, 3),
  endless(call('end', END.waits + WAIT.never, 1)),
  call('end', END.waits + WAIT.rejects, 1, 'host-error'),
  perhaps(call('end', END.waits + WAIT.disposes, 1, 'cancelled')),
  { name: 'grow', args: [3], weight: 4, traps: [], expect: () => undefined },
  { name: 'grow', args: [40], weight: 2, traps: [], expect: () => -1 },
  endless(call('spin', 0, 1)),
  call('deep', 0, 1, 'stack-overflow'),
  call('crash', 0, 1, 'unreachable'),
  call('divide', 0, 1, 'arithmetic'),
  call('peek', 0, 1, 'out-of-bounds'),
  call('indirect', 0, 1, 'indirect-call'),
];
const DECK = STEPS.flatMap((step) => Array.from({ length: step.weight }, () => step));

function fail(what: string): never {
  throw new Error(what);
}

async function inTime<T>(what: string, promise: PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} is stuck`)), PATIENCE);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Walks through the lives of a few instances in a pool, in which everything fails that can. @throws where a rule is broken */
export async function walk(seed: number, milliseconds: number): Promise<Outcome> {
  const random = createRandom(seed);
  const components = [await compileWalker(true), await compileWalker(false)];
  const other = await makeWalker(components[0]!, random, false);
  const seen = new Map<string, number>();
  let steps = 0;
  let leased = 0;
  let asking = 0;
  /** What the pool does not hand on. */
  let broken: unknown;
  const pool = createPool<Walker>({
    limit: LIMIT,
    queue: 3,
    ready: 2,
    create: () => makeWalker(random.pick(components), random, random.oneIn(2), other.instance),
    recycle: (walker) =>
      recycle(walker, random).catch((error: unknown) => {
        broken ??= error;
        return false;
      }),
    dispose: ({ instance }) => instance.dispose(),
  });
  const note = (what: string): void => {
    steps++;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };

  function checkPool(): void {
    const { ready, starting, busy, waiting } = pool.counts();
    if (ready + starting + busy > LIMIT) fail(`the pool has ${ready} + ${starting} + ${busy} instances`);
    if (busy < leased) fail(`${leased} instances are lent, and the pool knows of ${busy}`);
    if (waiting > asking) fail(`${waiting} wait for the pool, and ${asking} have asked`);
  }

  async function live(): Promise<void> {
    const walker = await acquire(pool, random);
    if (walker === undefined) return note('acquire busy');
    leased++;
    checkPool();
    if (walker.count !== 0 || walker.things.size !== 0) fail('an instance from the pool is not fresh');
    for (let left = 1 + random.below(6); left > 0 && walker.instance.alive; left--) {
      if (random.oneIn(6)) await crowd(walker, random, note);
      else if (random.oneIn(8)) await dropOutside(walker, random, note);
      else await take(walker, random.pick(DECK), random, note);
    }
    leased--;
    pool.release(walker);
    checkPool();
  }

  const until = performance.now() + milliseconds;
  await Promise.all(
    Array.from({ length: ACTORS }, async () => {
      while (performance.now() < until && broken === undefined) {
        asking++;
        await live().finally(() => asking--);
        if (random.oneIn(5)) await sleep(random.below(5));
      }
    }),
  );
  await inTime('the pool', settle(pool));
  pool.close();
  if (broken !== undefined) throw broken;
  return { steps, seen };
}

async function acquire(pool: Pool<Walker>, random: Random): Promise<Walker | undefined> {
  const given = random.oneIn(3) ? new AbortController() : undefined;
  if (given !== undefined) setTimeout(() => given.abort(new Error('given up')), random.below(20));
  try {
    return await inTime('the queue', pool.acquire(performance.now() + random.below(100), given?.signal));
  } catch (error) {
    if (error instanceof PoolBusyError || error === given?.signal.reason) return undefined;
    throw error;
  }
}

/** Everybody has given back what they had: nothing may be left over. */
async function settle(pool: Pool<Walker>): Promise<void> {
  while (pool.counts().busy > 0 || pool.counts().starting > 0) await turn();
  const { ready, waiting } = pool.counts();
  if (waiting > 0 || ready > LIMIT) fail(`${waiting} wait still, ${ready} instances are ready`);
  while (readWear(1).calls > 0) await turn();
  const { current } = hostThread();
  if (current !== undefined) fail('a guest still has the thread');
}

function bounds(step: Step, random: Random): CallOptions {
  const how = random.below(step.endless === true ? 3 : 8);
  const cpu = step.name === 'spin' || step.args[0] === END.spin ? { cpu: 5 + random.below(20) } : {};
  if (how === 0) return { ...cpu, deadline: random.below(30) };
  if (how > 2) return {};
  const given = new AbortController();
  if (how === 1) setTimeout(() => given.abort(), random.below(20));
  else return { ...cpu, deadline: 5 + random.below(20), signal: given.signal };
  return { ...cpu, signal: given.signal };
}

/** Takes one step, and looks whether what comes of it is right. */
async function take(walker: Walker, step: Step, random: Random, note: (what: string) => void): Promise<void> {
  const { instance } = walker;
  const what = `${step.name} ${step.args.join(' ')}`.trim();
  const options = bounds(step, random);
  const bounded = Object.keys(options).length > 0;
  let code: string;
  try {
    const value = await inTime(what, instance.call(step.name, step.args, options));
    const expected = step.expect?.(walker);
    if (step.endless === true || (step.traps.length > 0 && step.perhaps !== true))
      fail(`${what} gave ${String(value)}`);
    if (expected !== undefined && value !== expected)
      fail(`${what} gave ${String(value)}, not ${String(expected)}`);
    code = 'ok';
  } catch (error) {
    if (!isTrap(error)) throw error;
    code = error.trap;
    const allowed = bounded ? [...GIVEN_UP, ...step.traps] : step.traps;
    if (!allowed.includes(code)) fail(`${what} ended with ${code}: ${error.message}`);
    walker.trapped = true;
    // A call that was given up before it began has done no harm.
    if (instance.alive && code !== 'deadline' && code !== 'cancelled') fail(`${what} trapped, and goes on`);
  }
  note(`${what}: ${code}`);
  if (code === 'ok' && instance.alive) {
    const held = instance.held().get('thing') ?? 0;
    if (held !== walker.held || walker.things.size !== held)
      fail(`${what}: the guest holds ${held}, ${walker.things.size} are open, ${walker.held} are expected`);
  }
  if (!instance.alive) {
    const after = await instance.call('pages', []).then(
      () => 'ok',
      (error: any) => error.trap as string,
    );
    if (after !== 'disposed') fail(`a call after ${what}: ${after}`);
  }
}

/** Calls at the same time: they come in turn, or are refused, or fall with the one before them. */
async function crowd(walker: Walker, random: Random, note: (what: string) => void): Promise<void> {
  const size = 2 + random.below(6);
  const broken = random.oneIn(3) ? random.below(size) : -1;
  const calls = Array.from({ length: size }, (_, index) => {
    const args = [
      index === broken ? WAIT.rejects : random.pick([WAIT.atOnce, WAIT.later, WAIT.timer, WAIT.other]),
    ];
    return walker.instance.call('wait', args, bounds(STEPS[0]!, random));
  });
  const results = await inTime('a crowd', Promise.allSettled(calls));
  for (const result of results) {
    if (result.status === 'fulfilled') {
      // Those before may have been given up while they waited for their turn, and then have not counted.
      if (result.value !== ++walker.count)
        fail(`a crowd counted ${String(result.value)}, not ${walker.count}`);
      note('crowd: ok');
      continue;
    }
    const { trap } = result.reason as { trap?: string };
    if (trap === undefined || ![...GIVEN_UP, 'busy', 'disposed', 'host-error'].includes(trap))
      throw result.reason;
    note(`crowd: ${trap}`);
  }
  if (broken >= 0 && broken < 4 && walker.instance.alive && results[broken]!.status === 'fulfilled')
    fail('a crowd goes on though one of it failed');
}

/** The host lets go of a resource of the guest's, whose destructor may do anything. */
async function dropOutside(walker: Walker, random: Random, note: (what: string) => void): Promise<void> {
  const { instance } = walker;
  const end = random.pick([
    END.well,
    END.crash,
    END.spin,
    END.waits + WAIT.later,
    END.waits + WAIT.never,
    END.waits + WAIT.throws,
    END.waits + WAIT.disposes,
  ]);
  const own = (await inTime('make', instance.call('make', [end]))) as GuestResource;
  own.drop();
  const harmless = end === END.well || end === END.waits + WAIT.later;
  const gone =
    end === END.spin || end === END.waits + WAIT.never || random.oneIn(4)
      ? sleep(random.below(10)).then(() => instance.dispose())
      : undefined;
  const next = await inTime(
    `a call behind the end ${end}`,
    instance.call('wait', [WAIT.atOnce]).then(
      (value) => (value === ++walker.count ? 'ok' : fail(`a call behind a destructor gave ${String(value)}`)),
      (error: any) => (isTrap(error) ? error.trap : fail(String(error))),
    ),
  );
  if (!harmless && next === 'ok') fail(`a call behind the end ${end} was answered`);
  if (next !== 'ok' && !['disposed', 'cancelled'].includes(next))
    fail(`a call behind the end ${end}: ${next}`);
  await gone;
  note(`end ${end} by the host: ${next}`);
}

/** Puts an instance back, and looks whether it is what it was at first. */
async function recycle(walker: Walker, random: Random): Promise<boolean> {
  const { instance } = walker;
  const restored = random.oneIn(4) ? false : await inTime('restore', Promise.resolve(instance.restore()));
  if (!restored) {
    instance.dispose();
    while (readWear(1).calls > 0 && walker.things.size > 0) await turn();
  }
  if (walker.things.size > 0) {
    // The host may take its time over each of them.
    for (let turns = 0; turns < 100 && walker.things.size > 0; turns++) await turn();
    if (walker.things.size > 0) fail(`${walker.things.size} resources of the host are left open`);
  }
  if (!restored) return false;
  walker.count = walker.held = 0;
  walker.trapped = false;
  const pages = await instance.call('pages', []);
  if (pages !== 1) fail(`an instance that was put back has ${String(pages)} pages`);
  for (const count of [1, 2])
    if ((await instance.call('wait', [WAIT.atOnce])) !== count)
      fail('an instance that was put back counts on');
  return instance.restore() === true;
}
