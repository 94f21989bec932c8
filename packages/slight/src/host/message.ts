import type { Slightfile } from '../slightfile/model.ts';
import type { BindingRow } from './bind.ts';

/** From the supervisor to a worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly file: Slightfile }
  /** Take no new connections, finish what is under way within `bound` milliseconds, then exit. */
  | { readonly type: 'drain'; readonly bound: number };

/** From a worker to its supervisor. */
export type FromWorker =
  /** It listens to messages. */
  | { readonly type: 'hello' }
  | {
      readonly type: 'ready';
      readonly url: string;
      readonly health?: string;
      readonly rows: readonly BindingRow[];
    }
  /** It cannot start; `name` and `message` are those of the error. */
  | { readonly type: 'failed'; readonly name: string; readonly message: string; readonly stack?: string };
