/** Which node of a cluster has what. */
export interface ClusterView {
  /** Who takes writes, as `host:port`, by slot; a slot that nobody has is left out. */
  readonly owners: string[];
  /** Those, each once, in the order of their names. */
  readonly masters: readonly string[];
  /** Another text whenever another node has a slot. */
  readonly name: string;
}

/**
 * @param answer to `CLUSTER SLOTS`
 * @param asked who gave it: a node that does not know its own address leaves it out
 */
export function readView(answer: unknown, asked: string): ClusterView {
  const owners: string[] = [];
  const ranges = (answer as [number, number, [Buffer | null, number, Buffer]][]).map(
    ([from, to, [host, port]]) => {
      const address = addressOf(String(host ?? ''), port, asked);
      for (let slot = from; slot <= to; slot++) owners[slot] = address;
      return `${from}-${to} ${address}`;
    },
  );
  return { owners, masters: [...new Set(Object.values(owners))].toSorted(), name: ranges.toSorted().join() };
}

/**
 * Which slots are on their way from the node that was asked (`[93->-id]`), and to it (`[93-<-id]`).
 * @param answer to `CLUSTER NODES`
 */
export function readMoves(answer: string): string {
  const own = answer.split('\n').find((line) => line.includes('myself')) ?? '';
  return (own.match(/\[\S+\]/g) ?? []).join(' ');
}

/** What to do with a command that was refused, and has not run. */
export type Redirect =
  | { readonly kind: 'moved' | 'ask'; readonly address: string }
  | { readonly kind: 'wait' };

export function readRedirect(error: Error, asked: string): Redirect | undefined {
  if (error.name !== 'ReplyError') return undefined;
  if (error.message.startsWith('TRYAGAIN')) return { kind: 'wait' };
  const [, word, host = '', port] = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(error.message) ?? [];
  if (word === undefined) return undefined;
  return { kind: word === 'MOVED' ? 'moved' : 'ask', address: addressOf(host, Number(port), asked) };
}

function addressOf(host: string, port: number, asked: string): string {
  const known = host === '' || host === '?' ? asked.slice(0, asked.lastIndexOf(':')) : host;
  return `${known}:${port}`;
}
