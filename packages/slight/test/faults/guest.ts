import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { appFolder, serveApp } from '../slight.ts';
import type { FaultProcess } from './processes.ts';

/**
 * Serves an app that has the backend of `bind` for its key-value and locks `faults`, and asks it for `path` again and again until the
 * end: whatever happens to the server, the app answers, with lines of what it did.
 * @param timeout milliseconds of one operation
 */
export async function startFaultGuest<Line>(
  component: Uint8Array,
  bind: string,
  timeout: number,
  path: string,
): Promise<Pick<FaultProcess<Line>, 'lines' | 'assertAlive' | 'finish'>> {
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
faults = "${bind}"
[locks]
faults = "${bind}"
[resilience]
deadline = "${timeout}ms"
`,
  });
  const app = await serveApp(folder);
  const workers = await app.workers();
  const lines: Line[] = [];
  let failure: unknown;
  let over = false;

  async function ask(): Promise<void> {
    while (!over) {
      const { status, body } = await app.get(path, { method: 'POST' });
      assert.equal(status, 200, `${body}\n${app.stderr()}`);
      lines.push(...(JSON.parse(body) as Line[]));
      await sleep(20);
    }
  }
  const asking = ask().catch((error: unknown) => (failure = error));

  return {
    lines: () => lines,
    assertAlive: () =>
      assert.deepEqual({ code: app.child.exitCode, failure }, { code: null, failure: undefined }),
    async finish() {
      over = true;
      await asking;
      assert.equal(failure, undefined);
      assert.deepEqual(await app.workers(), workers, 'a process of the host was replaced');
      const { code, stderr } = await app.stop();
      assert.equal(code, 0, stderr);
    },
  };
}
