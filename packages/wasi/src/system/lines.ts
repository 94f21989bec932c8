/** Longest line, in UTF-16 units. A longer one is cut, so that a guest cannot make the host keep what it never ends. */
export const LONGEST_LINE = 16_384;

/** Cuts bytes into lines of text. */
export interface LineSplitter {
  write(bytes: Uint8Array): void;
  /** Gives out the line that no newline has ended yet. */
  end(): void;
}

/**
 * Lines end with `\n` or `\r\n` and come without it. A character that is split between writes is put together;
 * bytes that are no UTF-8 come as U+FFFD.
 */
export function splitLines(emit: (line: string) => void, longest = LONGEST_LINE): LineSplitter {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';

  const take = (text: string) => {
    let start = 0;
    for (let stop = text.indexOf('\n'); stop >= 0; stop = text.indexOf('\n', start)) {
      const line = rest + text.slice(start, stop);
      start = stop + 1;
      rest = '';
      cut(line.endsWith('\r') ? line.slice(0, -1) : line, true);
    }
    rest += text.slice(start);
    if (rest.length > longest) rest = cut(rest, false);
  };

  /** Gives out a line, in parts where it is too long. Of an unfinished one the last part is answered instead. */
  const cut = (line: string, finished: boolean): string => {
    while (line.length > longest) {
      // Never between the two halves of one character.
      const splits = line.charCodeAt(longest - 1) >> 10 === 0x36;
      const length = splits && longest > 1 ? longest - 1 : longest;
      emit(line.slice(0, length));
      line = line.slice(length);
    }
    if (!finished) return line;
    emit(line);
    return '';
  };

  return {
    write: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => {
      take(decoder.decode());
      if (rest === '') return;
      const line = rest;
      rest = '';
      emit(line);
    },
  };
}
