/** Part of the page's script; tests run it in Node. */
export const timelineScript = /* js */ `
/** Puts the messages of a room into the order of their positions, each once, whichever way they come. */
function createTimeline() {
  /** The page shows all up to here; undefined until the server has said where that begins. */
  let last;
  const early = new Map();

  function keep(message) {
    const isNew = last === undefined || message.position > last;
    // What does not fit is asked for again.
    if (isNew && (early.size < 500 || message.position === last + 1)) early.set(message.position, message);
  }

  function take() {
    const ready = [];
    for (; early.has(last + 1); last++) {
      ready.push(early.get(last + 1));
      early.delete(last + 1);
    }
    return ready;
  }

  return {
    get last() { return last; },
    /** Whether messages wait for one before them. */
    get waits() { return early.size > 0; },
    /** A message that came live. Gives those that can be shown now. */
    add(message) {
      keep(message);
      return last === undefined ? [] : take();
    },
    /** An answer of the server: what there is after from, up to until. Gives those that can be shown now. */
    merge({ from, until, messages }) {
      if (last === undefined || from > last) last = from;
      const ready = messages.filter(({ position }) => position > last).sort((a, b) => a.position - b.position);
      last = Math.max(last, until);
      for (const position of [...early.keys()]) if (position <= last) early.delete(position);
      return [...ready, ...take()];
    },
  };
}
`;
