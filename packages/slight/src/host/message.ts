import type { Slightfile } from '../slightfile/model.ts';
import type { HeldCommand } from '../triggers/held/command.ts';
import type { TraceSettings } from '../telemetry/settings.ts';
import type { BindingRow } from './bind.ts';
import type { WorkerMetrics } from './fleet-metrics.ts';
import type { PackedFile } from './packed-file.ts';
import type { Launched, LaunchWish } from './runner-launch.ts';

/** What a worker runs. */
export interface Assignment {
  readonly file: Slightfile;
  /** The component's bytes, so that all workers run the same, whatever becomes of the file meanwhile. */
  readonly component: Uint8Array;
  /** The app's socket, bound by the supervisor. Undefined on systems without file descriptors. */
  readonly fd: number | undefined;
  /** Whether the app answers HTTP. */
  readonly listens: boolean;
  /** Arguments of an app that is run as a program. */
  readonly command?: readonly string[] | undefined;
  /** What is traced, where somebody asks for it. */
  readonly traces?: TraceSettings | undefined;
}

/** What the supervisor asks its workers. */
export type Question = 'health' | 'readiness' | 'metrics';

/** From the supervisor to a worker. */
export type ToWorker =
  /** What a worker said to all. `own`: the one that gets this. */
  | { readonly type: 'relay'; readonly command: HeldCommand; readonly own: boolean }
  /** All workers have taken so many bytes of what this one said. */
  | { readonly type: 'taken'; readonly bytes: number }
  /** `host`: this supervisor's, and no other's. */
  | ({ readonly type: 'start'; readonly host: string } & Omit<Assignment, 'file'> & PackedFile)
  /**
   * Take no new connections, finish what is under way within `bound` milliseconds, then exit. For `idle` milliseconds
   * connections without a request may bring one more, so that no client's next request meets a closed connection.
   */
  | { readonly type: 'drain'; readonly bound: number; readonly idle: number }
  /** Do what is done once on each host. Whoever did it before has, until `since` (milliseconds since 1970). */
  | { readonly type: 'lead'; readonly since: number }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | Launched;

/** From a worker to its supervisor. */
export type FromWorker =
  /** For all workers, the one that says it included. */
  | { readonly type: 'relay'; readonly command: HeldCommand }
  | {
      readonly type: 'ready';
      readonly url: string | undefined;
      readonly rows: readonly BindingRow[];
      readonly hints?: readonly string[];
    }
  /** It cannot start; `name` and `message` are those of the error. */
  | { readonly type: 'failed'; readonly name: string; readonly message: string; readonly stack?: string }
  /** It should be replaced before it comes to harm. */
  | { readonly type: 'worn'; readonly reason: string }
  /** The program has ended. */
  | { readonly type: 'finished'; readonly code: number }
  /** It has ended what it did for all workers. */
  | { readonly type: 'resigned' }
  /** What it has counted until its end. */
  | { readonly type: 'counted'; readonly last: WorkerMetrics }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | LaunchWish;
