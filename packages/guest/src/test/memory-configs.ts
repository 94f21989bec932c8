import { Secret } from '../secret.ts';
import type { TestKind } from './host.ts';

/** The values of one name, with how often each has changed: that is what watches look at. */
export class MemoryConfigs {
  readonly values: Map<string, string | Secret>;
  readonly changes = new Map<string, number>();

  constructor(values: { readonly [key: string]: string | Secret } = {}) {
    this.values = new Map(Object.entries(values));
  }

  set(key: string, value: string): void {
    this.values.set(key, this.values.get(key) instanceof Secret ? new Secret(value) : value);
    this.changes.set(key, (this.changes.get(key) ?? 0) + 1);
  }
}

/** The configs of an app under test. */
export const memoryConfigs: TestKind<MemoryConfigs> = {
  noun: 'configs',
  option: 'configs',
  make: (_host, values) => new MemoryConfigs(values),
};
