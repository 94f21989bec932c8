import type { HostImports } from '@spiderlightning/component';
import type { InputStream } from '../system/input.ts';
import type { OutputStream } from '../system/output.ts';
import { Exit } from '../system/exit.ts';
import { VERSION } from './version.ts';

/** What wasi:cli hands to a guest. */
export interface CliGrants {
  readonly environment: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
  readonly cwd: string | undefined;
  /** Those of now: an instance that is put back to its beginning gets others. */
  readonly streams: () => StandardStreams;
}

export interface StandardStreams {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** wasi:cli, without the sockets that its world includes. No stream is a terminal. */
export function bindCli(grants: CliGrants): HostImports {
  return {
    [`wasi:cli/environment@${VERSION}`]: {
      'get-environment': () => Object.entries(grants.environment),
      'get-arguments': () => grants.arguments,
      'initial-cwd': () => grants.cwd,
    },
    [`wasi:cli/exit@${VERSION}`]: {
      exit: (status: { tag: 'ok' | 'err' }) => {
        throw new Exit(status.tag === 'ok' ? 0 : 1);
      },
      'exit-with-code': (code: number) => {
        throw new Exit(code);
      },
    },
    [`wasi:cli/stdin@${VERSION}`]: { 'get-stdin': () => grants.streams().stdin },
    [`wasi:cli/stdout@${VERSION}`]: { 'get-stdout': () => grants.streams().stdout },
    [`wasi:cli/stderr@${VERSION}`]: { 'get-stderr': () => grants.streams().stderr },
    [`wasi:cli/terminal-input@${VERSION}`]: {},
    [`wasi:cli/terminal-output@${VERSION}`]: {},
    [`wasi:cli/terminal-stdin@${VERSION}`]: { 'get-terminal-stdin': () => undefined },
    [`wasi:cli/terminal-stdout@${VERSION}`]: { 'get-terminal-stdout': () => undefined },
    [`wasi:cli/terminal-stderr@${VERSION}`]: { 'get-terminal-stderr': () => undefined },
  };
}
