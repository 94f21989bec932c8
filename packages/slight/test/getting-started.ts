/** Reads a page whose blocks are pasted one after the other into one shell. */

/** What a reader does, in the order of the page. */
export type Step =
  | { readonly does: 'run'; readonly commands: string; readonly printed: readonly string[] }
  | { readonly does: 'edit'; readonly from: string; readonly to: string }
  | { readonly does: 'open'; readonly windows: readonly Window[] };

/** A window of a browser: `<http://…> for Ada`. */
export interface Window {
  readonly url: string;
  readonly name: string;
}

export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** The sections that have something to do. What a `text` block shows is printed by the commands above it. */
export function readSections(page: string): Section[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ title: text.split('\n', 1)[0]!, steps: readSteps(text) }))
    .filter(({ steps }) => steps.length > 0);
}

function readSteps(text: string): Step[] {
  const steps: Step[] = [];
  // Prose, and after each piece of it a block with its language; prose again at the end.
  const pieces = text.split(/^```(\w*)\n(.*?)^```$/ms);
  for (let index = 0; index < pieces.length; index += 3) {
    const [prose, language, block] = pieces.slice(index, index + 3);
    const windows = [...prose!.matchAll(/<(http:[^>]+)> for (\w+)/g)].map(([, url, name]) => ({
      url: url!,
      name: name!,
    }));
    if (windows.length > 0) steps.push({ does: 'open', windows });
    if (block !== undefined) addBlock(steps, language!, block);
  }
  return steps;
}

function addBlock(steps: Step[], language: string, block: string): void {
  const before = steps.at(-1);
  if (language === 'sh') steps.push({ does: 'run', commands: block, printed: [] });
  else if (language === 'diff') steps.push({ does: 'edit', ...readDiff(block) });
  else if (language === 'text' && before?.does === 'run')
    steps[steps.length - 1] = { ...before, printed: block.trimEnd().split('\n') };
  else throw new Error(`nobody knows what to do with this block:\n${language}\n${block}`);
}

function readDiff(block: string): { from: string; to: string } {
  const lines = block.trimEnd().split('\n');
  const side = (mark: string) =>
    lines
      .filter((line) => line.startsWith(' ') || line.startsWith(mark))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { from: side('-'), to: side('+') };
}

/** The lines that are not there, in this order; between them there may be others. */
export function findUnprinted(expected: readonly string[], printed: string): string[] {
  const lines = printed.split('\n');
  let from = 0;
  return expected.filter((line) => {
    const at = lines.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at < 0;
  });
}
