/** Whether a line of a stack is none of the author's. In a component the host knows, which has the source map. */
let isForeign: ((frame: string) => boolean) | undefined;

/** From now on stacks that the SDK prints or makes go without such lines, where others remain. */
export function leaveOutFrames(foreign: (frame: string) => boolean): void {
  isForeign = foreign;
}

/** Lines of a stack without those that are none of the author's; all of them where there are no others. */
export function trimFrames(frames: string): string {
  if (isForeign === undefined) return frames;
  const own = frames.split('\n').filter((frame) => !isForeign!(frame));
  return own.some((line) => isFrame(line)) ? own.join('\n') : frames;
}

/** The lines of a stack that say where, without the error itself, with which V8 begins it and QuickJS does not. */
export function framesOf({ stack, message }: Error): string {
  if (typeof stack !== 'string') return '';
  const lines = stack
    .slice(stack.includes(message) ? stack.indexOf(message) + message.length : 0)
    .split('\n');
  const first = lines.findIndex(isFrame);
  return first < 0 ? '' : lines.slice(first).join('\n').trimEnd();
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}
