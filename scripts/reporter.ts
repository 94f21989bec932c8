import { compose } from 'node:stream';
import { spec } from 'node:test/reporters';
import type { TestEvent } from 'node:test/reporters';

/**
 * The runner's own reporter, and above its closing lines the tests that were skipped, each with its reason: who reads
 * the end of a log sees what was not proved.
 */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: string[] = [];
  const reporter = new spec();
  const watched = async function* () {
    for await (const event of source) {
      if (event.type === 'test:pass' && event.data.skip !== undefined && event.data.skip !== false) {
        const reason = typeof event.data.skip === 'string' ? event.data.skip : 'no reason given';
        skipped.push(`${event.data.name}: ${reason}`);
      }
      yield event;
    }
  };
  let closing = false;
  for await (const chunk of compose(watched(), reporter) as AsyncIterable<Buffer | string>) {
    const text = String(chunk);
    if (!closing && /^\S*ℹ tests \d/m.test(text)) {
      closing = true;
      if (skipped.length > 0) yield `\nskipped:\n${skipped.map((line) => `  ${line}\n`).join('')}\n`;
    }
    yield text;
  }
}
