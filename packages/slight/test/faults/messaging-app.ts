import assert from 'node:assert/strict';
import { openCapability } from '../../src/capabilities/core/open.ts';
import { appFolder, serveApp } from '../slight.ts';
import type { MessageLine } from './messaging-record.ts';
import { timeout } from './processes.ts';

/** An app that is brought messages in a group of its own, `app`. */
export interface MessageApp {
  /** What it has worked on so far. */
  lines(): Promise<MessageLine[]>;
  stop(): Promise<void>;
}

/**
 * Serves `guests/consumer.ts`, to which the messages `faults` of `bind` are brought that have the topic `work`. What it was given it
 * writes down on this machine.
 * @param settings of its messages, as TOML has them in braces
 */
export async function startMessageApp(
  component: Uint8Array,
  bind: string,
  settings: string,
): Promise<MessageApp> {
  const folder = await appFolder({
    'app.wasm': component,
    'slightfile.toml': `specversion = "0.3"
[app]
component = "app.wasm"
[keyvalue]
seen = "sqlite"
[messaging]
faults = { bind = "${bind}", ${settings} }
[resilience]
deadline = "${timeout}ms"
[[subscription]]
name = "work"
messaging = "faults"
topics = ["work"]
group = "app"
`,
  });
  const app = await serveApp(folder);
  const seen = { name: 'seen', bind: 'sqlite', config: {} };
  const store = await openCapability('keyvalue', seen, { dataDir: `${folder}/.slight`, timeout: 10_000 });

  return {
    async lines() {
      const keys: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.keys({
          prefix: 'seen/',
          limit: 1_000,
          ...(cursor !== undefined && { cursor }),
        });
        keys.push(...page.keys);
        ({ cursor } = page);
      } while (cursor !== undefined);
      return Promise.all(
        // Numbers, in the order in which it was given them.
        keys.toSorted().map(async (key, at) => {
          const value = Buffer.from((await store.get(key))!).toString();
          return { handled: [(JSON.parse(value) as { what: string }).what], at };
        }),
      );
    },
    async stop() {
      const { code, stderr } = await app.stop();
      assert.equal(code, 0, stderr);
      await store.close();
    },
  };
}
