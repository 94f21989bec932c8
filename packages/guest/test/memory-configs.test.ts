import { test } from 'node:test';
import { configsConformance } from '@spiderlightning/slight/conformance';
import type { Configs } from '@spiderlightning/slight/conformance';
import { CapabilityError } from '../../slight/src/capabilities/core/error.ts';
import { Secret as HostSecret } from '../../slight/src/capabilities/core/secret.ts';
import type { Value } from 'spiderlightning:cloud/configs@0.6.0';
import { Secret } from '../src/secret.ts';
import { Configs as TestConfigs } from '../src/test/cloud/configs.ts';
import { openData, runWith } from '../src/test/host.ts';
import type { TestHost } from '../src/test/host.ts';

/** The configs of `testApp` promise what every backend promises: an app that passes its tests meets no surprises. */
const values: { [name: string]: { [key: string]: string | Secret } } = {};
const host: TestHost = {
  now: () => Date.now(),
  find: openData({ configs: values }),
  failures: new Map(),
  lines: [],
  sent: [],
};
/** Time stands still there, so nothing happens during a wait; and what is closed is closed by the guest itself. */
const timeless = new Set([
  'a change ends a wait',
  'to close a watch ends its wait, and what follows is cancelled',
  'a wait that cannot be is invalid-argument',
]);
const checks = configsConformance({
  features: new Set(['set', 'watch']),
  open(name, given) {
    const { secrets = {} } = given ?? {};
    values[name] ??= {
      ...given?.values,
      ...Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, new Secret(value)])),
    };
    return openAs(name);
  },
});
for (const { name, run } of checks) if (!timeless.has(name)) test(name, run);

/** The interface that a guest imports, as the suite sees configs. */
function openAs(name: string): Configs {
  const configs = runWith(host, () => TestConfigs.open(name));
  let closed = false;
  const use = <T>(call: () => T): T => {
    if (closed) throw new CapabilityError('cancelled', 'closed');
    try {
      return runWith(host, call);
    } catch (error) {
      const { code, message } = (error as { payload: { code: 'internal'; message: string } }).payload;
      throw new CapabilityError(code, message);
    }
  };
  return {
    get(key) {
      const value = use(() => configs.get(key));
      return value === null ? undefined : lift(value);
    },
    getAll: () => new Map(use(() => configs.getAll()).map(([key, value]) => [key, lift(value)])),
    set: (key, value) => use(() => configs.set(key, value)),
    watch() {
      const watch = use(() => configs.watch());
      return { next: (wait) => use(() => watch.next(wait)), close: () => undefined };
    },
    ping: () => undefined,
    close() {
      closed = true;
    },
  };
}

function lift(value: Value): string | HostSecret {
  return value.tag === 'text' ? value.val : new HostSecret(value.val.reveal());
}
