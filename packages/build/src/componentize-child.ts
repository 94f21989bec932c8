/**
 * The process in which QuickJS evaluates an app's top level and becomes a component. What never ends there computes on a
 * thread that nothing but the end of its process ends.
 * @module
 */
import { componentize } from 'componentize-qjs';

/** What a parent sends: a folder with WIT, the world in it, and the app as one module. */
export interface ComponentizeJob {
  readonly folder: string;
  readonly world: string;
  readonly code: string;
}

/** What it hears back. */
export type ComponentizeAnswer = { readonly component: Uint8Array } | { readonly failed: string };

process.once('disconnect', () => process.exit());
process.once('message', async ({ folder, world, code }: ComponentizeJob) => {
  let answer: ComponentizeAnswer;
  try {
    const { component } = await componentize({ witPath: folder, world, jsSource: code });
    answer = { component };
  } catch (error) {
    answer = { failed: error instanceof Error ? error.message : String(error) };
  }
  // It stays until the parent, who has the answer then, ends it.
  process.send?.(answer);
});
