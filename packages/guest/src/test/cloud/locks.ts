import type { Lease as WitLease, Locks as WitLocks } from 'spiderlightning:cloud/locks@0.6.0';
import { useData } from '../host.ts';
import { memoryLocks } from '../memory-locks.ts';
import type { MemoryLocks } from '../memory-locks.ts';

/** `spiderlightning:cloud/locks` in plain Node: locks in memory, of the app that is under test. */
export class Locks implements WitLocks {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static open(name: string): Locks {
    const locks = new Locks(name);
    locks.#use();
    return locks;
  }

  acquire(name: string, ttlMs: number, waitMs: number): Lease | null {
    const locks = this.#use();
    const token = locks.acquire(name, ttlMs, waitMs);
    return token === undefined ? null : new Lease(locks, name, token, ttlMs);
  }

  [Symbol.dispose](): void {}

  /** Looked up for every use: locks that were opened once may serve the tests of several apps. */
  #use(): MemoryLocks {
    return useData(memoryLocks, this.#name);
  }
}

export class Lease implements WitLease {
  readonly #locks: MemoryLocks;
  readonly #name: string;
  readonly #token: bigint;
  readonly #ttlMs: number;

  constructor(locks: MemoryLocks, name: string, token: bigint, ttlMs: number) {
    this.#locks = locks;
    this.#name = name;
    this.#token = token;
    this.#ttlMs = ttlMs;
  }

  name(): string {
    return this.#name;
  }

  token(): string {
    return String(this.#token);
  }

  expires(): number {
    return this.#locks.find(this.#name, this.#token) ?? 0;
  }

  lost(): boolean {
    return this.#locks.find(this.#name, this.#token) === undefined;
  }

  renew(): void {
    this.#locks.renew(this.#name, this.#token, this.#ttlMs);
  }

  release(): void {
    this.#locks.release(this.#name, this.#token);
  }

  [Symbol.dispose](): void {
    if (!this.lost()) this.release();
  }
}
