import type {
  Value,
  Configs as WitConfigs,
  Secret as WitSecret,
  Watch as WitWatch,
} from 'spiderlightning:cloud/configs@0.6.0';
import { Secret as SdkSecret } from '../../secret.ts';
import { useData } from '../host.ts';
import { memoryConfigs } from '../memory-configs.ts';
import type { MemoryConfigs } from '../memory-configs.ts';
import { witError } from '../wit-error.ts';

/** `spiderlightning:cloud/configs` in plain Node: values in memory, of the app that is under test. */
export class Configs implements WitConfigs {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Configs {
    const configs = new Configs(name);
    configs.#use();
    return configs;
  }

  get(key: string): Value | null {
    checkText('key', key, 1, 1_024);
    const value = this.#use().values.get(key);
    return value === undefined ? null : lower(value);
  }

  getAll(): [string, Value][] {
    return Array.from(this.#use().values, ([key, value]) => [key, lower(value)]);
  }

  set(key: string, value: string): void {
    checkText('key', key, 1, 1_024);
    checkText('value', value, 0, 1024 * 1024);
    this.#use().set(key, value);
  }

  watch(): Watch {
    return new Watch(() => this.#use());
  }

  [Symbol.dispose](): void {}

  #use(): MemoryConfigs {
    return useData(memoryConfigs, this.#name);
  }
}

export class Secret implements WitSecret {
  readonly #secret: SdkSecret;

  constructor(secret: SdkSecret) {
    this.#secret = secret;
  }

  reveal(): string {
    return this.#secret.reveal();
  }

  [Symbol.dispose](): void {}
}

/** Nothing happens while it waits: time stands still under test. */
export class Watch implements WitWatch {
  readonly #use: () => MemoryConfigs;
  #seen: ReadonlyMap<string, number>;

  constructor(use: () => MemoryConfigs) {
    this.#use = use;
    this.#seen = new Map(use().changes);
  }

  next(_waitMs: number): string[] {
    const { changes } = this.#use();
    const changed = [...changes].filter(([key, times]) => this.#seen.get(key) !== times);
    this.#seen = new Map(changes);
    return changed.map(([key]) => key);
  }

  [Symbol.dispose](): void {}
}

function lower(value: string | SdkSecret): Value {
  return typeof value === 'string' ? { tag: 'text', val: value } : { tag: 'secret', val: new Secret(value) };
}

function checkText(what: string, text: string, least: number, most: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes < least || bytes > most)
    throw witError('invalid-argument', `the ${what} has ${bytes} bytes of UTF-8. It has ${least} to ${most}`);
  if (!text.isWellFormed()) throw witError('invalid-argument', `the ${what} has half a surrogate pair`);
}
