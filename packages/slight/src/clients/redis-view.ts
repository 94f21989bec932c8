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

/** What a node that takes writes says of itself. */
export interface NodeState {
  /** Another text whenever slots came to it, left it, or are on their way, also where all is as before in the end. */
  readonly text: string;
  /** Whether slots are on their way from it (`[93->-id]`). */
  readonly leaving: boolean;
  /** Whether slots are on their way to it (`[93-<-id]`). */
  readonly arriving: boolean;
}

/**
 * Of itself a node knows at once what others hear later. Whoever gets a slot gets a new epoch too, unless it has the last one: then the
 * slot that comes back gives one to the other node.
 * @param answer to `CLUSTER NODES`
 */
export function readState(answer: string): NodeState {
  const own = answer.split('\n').find((line) => line.includes('myself')) ?? '';
  const [id, , , , , , epoch, , ...slots] = own.trim().split(' ');
  const text = [id, epoch, ...slots].join(' ');
  return { text, leaving: text.includes('->-'), arriving: text.includes('-<-') };
}

/**
 * The order in which nodes are listed. What is on its way goes from one that is listed to one that is listed later; so one that slots
 * leave and others come to is listed twice.
 */
export function orderNodes<T extends Pick<NodeState, 'leaving' | 'arriving'>>(nodes: readonly T[]): T[] {
  const leaving = nodes.filter((node) => node.leaving);
  const rest = nodes.filter((node) => !node.leaving);
  return [...leaving, ...rest, ...leaving.filter((node) => node.arriving)];
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
