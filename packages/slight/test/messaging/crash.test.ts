import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertSound, countFrom, makeFolder, openEvents, readLines, startProcess } from './processes.ts';

/** `SLIGHT_TEST_ROUNDS=200` for a thorough run. */
const rounds = countFrom('SLIGHT_TEST_ROUNDS', 4);
/** Milliseconds: a round starts three processes. */
const options = { timeout: 60_000 + rounds * 10_000 };
/** A message may be in the hands of one that dies as often as there are rounds. */
const config = { lease: '1s', attempts: 1_000 };

void test(
  `whatever is killed, and when, every confirmed message is handled (${rounds} rounds)`,
  options,
  async (t) => {
    const folder = makeFolder(t);
    const dataDir = join(folder, 'data');
    const file = join(folder, 'handled');
    const settings = JSON.stringify(config);
    const events = await openEvents(dataDir, config);
    await events.subscribe('workers', ['work']);
    const confirmed: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const producer = startProcess(t, 'producer.ts', dataDir, `round ${round}`);
      const consumers = [0, 1].map(() => startProcess(t, 'consumer.ts', dataDir, file, settings));
      await Promise.all([producer, ...consumers].map((each) => each.started()));
      await sleep(Math.random() * 100);
      // One after the other, in an order of chance, with what the others do going on meanwhile.
      const victims = [producer, ...consumers].toSorted(() => Math.random() - 0.5);
      for (const victim of victims) {
        await victim.kill();
        await sleep(Math.random() * 20);
      }
      confirmed.push(...producer.lines());
    }
    assert.ok(confirmed.length >= rounds, `${confirmed.length} were confirmed`);

    const last = startProcess(t, 'consumer.ts', dataDir, file, settings);
    await last.started();
    for (;;) {
      const { waiting, leased, dead } = await events.count('workers');
      assert.equal(dead, 0, 'nothing was tried too often');
      if (waiting + leased === 0) break;
      await sleep(50);
    }
    await last.finish();
    await events.close();
    const handled = new Set(readLines(file));
    assert.deepEqual(
      confirmed.filter((text) => !handled.has(text)),
      [],
    );
    assertSound(dataDir);
  },
);
