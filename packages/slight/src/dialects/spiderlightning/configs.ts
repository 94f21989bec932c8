import type { HostInterface } from '@spiderlightning/component';
import type { Opener } from '../../capabilities/core/capability.ts';
import type { Secret } from '../../capabilities/core/secret.ts';
import type { Configs, ConfigValue, ConfigWatch } from '../../capabilities/configs/contract.ts';
import { answer, nothing, ok } from './result.ts';

/** `spiderlightning:cloud/configs`: the contract under its names in WIT. What it gives stands for the guest's handles. */
export function configsInterface(opener: Opener<Configs>): HostInterface {
  return {
    '[static]configs.open': (name: string) => answer(() => opener.open(name), ok),
    '[method]configs.get': (configs: Configs, key: string) =>
      answer(
        () => configs.get(key),
        (found) => ok(found === undefined ? undefined : lower(found)),
      ),
    '[method]configs.get-all': (configs: Configs) =>
      answer(
        () => configs.getAll(),
        (values) => ok(Array.from(values, ([key, value]) => [key, lower(value)])),
      ),
    '[method]configs.set': (configs: Configs, key: string, value: string) =>
      answer(() => configs.set(key, value), nothing),
    '[method]configs.watch': (configs: Configs) => answer(() => configs.watch(), ok),
    '[method]secret.reveal': (secret: Secret) => secret.reveal(),
    '[method]watch.next': (watch: ConfigWatch, wait: bigint) => answer(() => watch.next(Number(wait)), ok),
    '[drop]watch': (watch: ConfigWatch) => watch.close(),
  };
}

const lower = (value: ConfigValue) =>
  typeof value === 'string' ? { tag: 'text', val: value } : { tag: 'secret', val: value };
