import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '@spiderlightning/component';
import { assemble } from '../../test/guests/wat.ts';
import { benchCalls } from '../calls/calls.ts';
import { race } from '../measure.ts';
import { type Comparison, compare } from '../report.ts';
import { boundBy } from './bound.ts';
import { buildGuest, HANDLE, REQUEST, start, VALUE } from './guests.ts';
import { loadGuestWithJco } from './jco.ts';

const jco = 'jco 1.35.0';

/** A guest of a few instructions: what `bench calls` has against jco, and a scalar and 64 KiB against what they may cost. */
export async function benchSmall(tell: (progress: string) => void): Promise<Comparison[]> {
  const rows = (await benchCalls(tell)).filter(({ against }) => against === jco);
  const add = rows.find(({ name }) => name === 'add, answered at once')!;
  const scalar = boundBy('a scalar import', { median: add.ours, quartiles: add.spread.ours }, 60, 'ns');

  tell('64 KiB there and back …');
  const component = await compile(
    await assemble(await readFile(join(import.meta.dirname, 'echo.wat'), 'utf8')),
  );
  const instance = await component.instantiate({ echo: (bytes: Uint8Array) => bytes });
  const run = instance.bind('run');
  if ((await run([300])) !== 300n * 65_536n) throw new Error('bytes were lost on their way');
  const [bytes] = await race([{ name: 'ours', run: (count) => run([count]) }]);
  const inMicroseconds = {
    median: bytes!.median / 1000,
    quartiles: bytes!.quartiles.map((time) => time / 1000) as [number, number],
  };
  return [...rows, scalar, boundBy('64 KiB of bytes there and back', inMicroseconds, 25, 'µs')];
}

/** A guest of QuickJS: a `get` of its, and a request with a `get` in it on an instance that is kept. */
export async function benchQuickjs(tell: (progress: string) => void): Promise<Comparison[]> {
  const bytes = await buildGuest('QuickJS', tell);
  const comparisons: Comparison[] = [];
  for (const [when, later] of [
    ['answered at once', false],
    ['suspended', true],
  ] as const) {
    const { instance } = await start(bytes, later);
    const theirs = await loadGuestWithJco(bytes, later, tell);
    const gets = instance.bind('gets');
    const handle = instance.bind(HANDLE);
    for (const result of [await gets([100]), await theirs.gets(100)]) {
      if (result !== 100 * VALUE.length) throw new Error(`100 gets came to ${result}`);
    }
    for (const { body } of [(await handle([REQUEST])) as any, await theirs.handle(REQUEST)]) {
      if (body !== '{"id":"7","size":16}') throw new Error(`a request was answered with ${body}`);
    }
    tell(`get of a QuickJS guest, ${when} …`);
    const [get, theirGet] = await race([
      { name: 'ours', run: (count) => gets([count]) },
      { name: jco, run: (count) => theirs.gets(count) },
    ]);
    comparisons.push(compare(`get of a QuickJS guest, ${when}`, get!, theirGet!, jco));
    tell(`request to a QuickJS guest, ${when} …`);
    const [request, theirRequest] = await race([
      {
        name: 'ours',
        async run(count) {
          for (let i = 0; i < count; i++) await handle([REQUEST]);
        },
      },
      {
        name: jco,
        async run(count) {
          for (let i = 0; i < count; i++) await theirs.handle(REQUEST);
        },
      },
    ]);
    comparisons.push(compare(`request to a QuickJS guest, ${when}`, request!, theirRequest!, jco));
  }
  return comparisons;
}
