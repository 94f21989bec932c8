/** Stands for `node:test` in a page: as much of it as the tests of this package use. Tests run one after the other. */
import { Skip } from './skip.ts';

/** What became of one test. */
export interface Result {
  readonly name: string;
  readonly skip?: string;
  /** Message and stack of what it threw. */
  readonly failure?: string;
}

interface Context {
  readonly name: string;
  after(hook: Hook): void;
}

type Hook = () => unknown;
type Body = (context: Context) => unknown;
interface Options {
  readonly skip?: boolean | string;
}

interface Item {
  readonly name: string;
  readonly before: readonly Hook[];
  readonly skip: boolean | string | undefined;
  readonly body: Body;
}

let items: Item[] = [];
let names: readonly string[] = [];
let before: readonly Hook[] = [];
let skip: Options['skip'];

export function test(name: string, ...rest: [Body] | [Options, Body]): void {
  const options = rest.length === 2 ? rest[0] : {};
  items.push({
    name: [...names, name].join(' › '),
    // Those of the suite may still be added to.
    before: before,
    skip: options.skip ?? skip,
    body: rest.at(-1) as Body,
  });
}

export function describe(name: string, ...rest: [Hook] | [Options, Hook]): void {
  const outer = { names, before, skip };
  names = [...names, name];
  before = [...before];
  if (rest.length === 2) skip = rest[0].skip ?? skip;
  (rest.at(-1) as Hook)();
  ({ names, before, skip } = outer);
}

export const suite = describe;

export function beforeEach(hook: Hook): void {
  if (names.length === 0) before = [...before, hook];
  else (before as Hook[]).push(hook);
}

/** Loads a file of tests and runs them. */
export async function runFile(
  load: () => Promise<unknown>,
  begins: (name: string) => unknown,
): Promise<Result[]> {
  items = [];
  before = [];
  try {
    await load();
  } catch (error) {
    return [tell('the file', error)];
  }
  const results: Result[] = [];
  for (const item of items) {
    begins(item.name);
    results.push(await inTime(run(item), item.name));
  }
  return results;
}

/** Milliseconds that one test may take. */
const patience = 30_000;

async function inTime(running: Promise<Result>, name: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve({ name, failure: `it takes longer than ${patience} ms` }), patience);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function run({ name, before: hooks, skip: reason, body }: Item): Promise<Result> {
  if (reason !== undefined && reason !== false) return { name, skip: reason === true ? 'skipped' : reason };
  const after: Hook[] = [];
  try {
    for (const hook of hooks) await hook();
    await body({ name, after: (hook) => after.push(hook) });
    return { name };
  } catch (error) {
    return tell(name, error);
  } finally {
    for (const hook of after) await hook();
  }
}

function tell(name: string, error: unknown): Result {
  const reason = skipReason(error);
  if (reason !== undefined) return { name, skip: reason };
  return { name, failure: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
}

/** Why a test cannot run in a page, where that is what the error says. */
function skipReason(error: unknown): string | undefined {
  if (error instanceof Skip) return error.message;
  if (!(error instanceof Error)) return undefined;
  const [, absent] = /^(process|setImmediate) is not defined$/.exec(error.message) ?? [];
  if (absent !== undefined) return `needs ${absent}, which only Node has`;
  return error.message.startsWith('There is no room for another linear memory')
    ? 'needs more memories than a page has room for'
    : undefined;
}
