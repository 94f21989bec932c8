import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Blobs } from '../../src/capabilities/blobs/contract.ts';
import { openCapability } from '../../src/capabilities/core/open.ts';

/** Each kills one process. `SLIGHT_KILLS=200` takes minutes. */
const rounds = Number(process.env.SLIGHT_KILLS ?? 4);

interface Said {
  readonly name: string;
  readonly i: number;
  readonly gone?: boolean;
}

async function open(t: TestContext, dataDir: string): Promise<Blobs> {
  const bind = { name: 'files', bind: 'filesystem', config: {} };
  const blobs = await openCapability('blobs', bind, { dataDir, timeout: 20_000 });
  t.after(() => blobs.close());
  return blobs;
}

/** Runs a writer and kills it somewhere; gives what it was answered. */
async function writeAndDie(dataDir: string, first: number, lines: number): Promise<Said[]> {
  const script = join(import.meta.dirname, 'dying-writer.ts');
  const child = spawn(process.execPath, [script, dataDir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let said = '';
  const count = () => said.split('\n').length - 1;
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    // A moment later, so that it is somewhere in the middle of the next one.
    if (count() >= lines) setTimeout(() => child.kill('SIGKILL'), Math.random() * 5);
  });
  const [code, signal] = (await closed) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', `it ended by itself with ${code}`);
  return said
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Said);
}

/** An object is one write, whole: as many bytes as that had, all of them those of its number, with its type. */
async function readWrite(blobs: Blobs, name: string): Promise<number | undefined> {
  const stream = await blobs.read('box', name);
  if (stream === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for (let piece = await stream.read(1e6); piece; piece = await stream.read(1e6)) pieces.push(piece);
  await stream.close();
  const bytes = Buffer.concat(pieces);
  const i = Number(/^text\/x-(\d+)$/.exec(stream.info.contentType ?? '')?.[1]);
  assert.ok(
    Buffer.alloc(20_000 * (1 + (i % 5)), i % 251).equals(bytes),
    `${name}: ${bytes.length} bytes of ${i}`,
  );
  return i;
}

const timeout = 60_000 + rounds * 10_000;
void test(
  'what was answered outlives SIGKILL whole, and nothing half is seen or left',
  { timeout },
  async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'slight-blobs-crash-'));
    t.after(() => rmSync(dataDir, { recursive: true, force: true }));
    const reader = await open(t, dataDir);
    await reader.createContainer('box');
    const latest = new Map<string, Said>();
    let next = 0;
    for (let round = 0; round < rounds; round++) {
      let over = false;
      const looking = (async () => {
        for (; !over; await new Promise((resolve) => setTimeout(resolve, 1)))
          for (const { name } of (await reader.list('box', { limit: 5 })).objects)
            await readWrite(reader, name);
      })();
      const said = await writeAndDie(dataDir, next, 10 + Math.floor(Math.random() * 30));
      over = true;
      await looking;
      for (const each of said) latest.set(each.name, each);
      next = said.at(-1)!.i + 2;

      // Whoever comes next removes what the dead one left.
      const after = await open(t, dataDir);
      // What it was at when it died may have happened or not.
      const last = said.at(-1)!;
      latest.delete(`o${(last.i + 1) % 40}`);
      if (last.gone !== true && (last.i % 7 === 0 || last.i % 11 === 0)) latest.delete(last.name);
      for (const [name, { i, gone }] of latest) {
        const found = await readWrite(after, name);
        assert.equal(found, gone ? undefined : i, `${name} after ${round + 1} kills`);
      }
      for (const { name } of (await after.list('box')).objects) await readWrite(after, name);
      await after.close();
      const meta = join(dataDir, 'blobs/files/.meta');
      const uploads = readdirSync(meta).filter((name) => name.startsWith('uploads-'));
      assert.equal(uploads.length, 1, 'only that of the reader is there');
      assert.deepEqual(
        readdirSync(join(meta, uploads[0]!)).filter((name) => !name.startsWith('.')),
        [],
      );
    }
  },
);
