import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand, startProcess } from '../../../../test/servers/process.ts';
import type { ServerProcess } from '../../../../test/servers/process.ts';

/** A reason to skip tests that need Chromium, or false. */
export const chromiumMissing: string | false =
  findCommand('chromium') === undefined && 'chromium is not installed: npm run services:install';

/** A Chromium without a window that shows one page, with a profile of its own. */
export class Chromium {
  readonly #process: ServerProcess;
  readonly #profile: string;

  /** `more`: further flags, without their dashes. */
  constructor(url: string, more: readonly string[] = []) {
    this.#profile = mkdtempSync(join(tmpdir(), 'slight-chromium-'));
    const flags = [
      'headless',
      // It is only shown pages of these tests. A sandbox needs rights that root in a container lacks.
      'no-sandbox',
      'disable-gpu',
      'disable-quic',
      'disable-dev-shm-usage',
      'disable-background-networking',
      'disable-component-update',
      'disable-sync',
      'no-first-run',
      'js-flags=--expose-gc',
      `user-data-dir=${this.#profile}`,
      ...more,
    ];
    this.#process = startProcess('chromium', [...flags.map((flag) => `--${flag}`), url], this.#profile);
  }

  /** What it printed so far. */
  output(): string {
    return this.#process.output();
  }

  async end(): Promise<void> {
    await this.#process.end('SIGKILL');
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
