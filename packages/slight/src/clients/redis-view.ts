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

/** A node of a cluster, as a line of `CLUSTER NODES` tells of it. */
export interface NodeLine {
  readonly id: string;
  /** As `host:port`. */
  readonly address: string;
  /** Whether it can be asked: it is no replica, has an address, and is not taken for dead by all. */
  readonly there: boolean;
  /** Its slots: from and to. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** Slots that are on their way from it, and the nodes to which they are (`[93->-id]`). A node tells that of itself alone. */
  readonly leaving: readonly (readonly [slot: string, to: string])[];
  /** Whether slots are on their way to it (`[93-<-id]`). */
  readonly arriving: boolean;
  /** Another text whenever it was started anew, or slots came to it, left it, or are on their way, also where all is as before in the end. */
  readonly text: string;
}

/**
 * What a node says of itself, and, where it is asked, of the others. Of itself a node knows at once what others hear later. Whoever gets
 * a slot gets a new epoch too, unless it has the last one: then the slot that comes back gives one to the other node.
 * @param answer to `CLUSTER NODES`
 * @param asked who gave it, by the address that it has for others
 * @param process of that node: another text once it was started anew
 */
export function readNodes(
  answer: string,
  asked: string,
  process: string,
): { readonly own: NodeLine; readonly others: () => NodeLine[] } {
  const lines = answer.split('\n').filter((line) => line !== '');
  const mine = lines.find((line) => line.includes('myself')) ?? '';
  const host = asked.slice(0, asked.lastIndexOf(':'));
  // They are told apart as this one is: by the names that they have given themselves, or by their addresses.
  const byName = host !== '' && nameIn(mine) === host;
  const own = readLine(mine, byName);
  return {
    own: { ...own, address: asked, text: `${process} ${own.text}` },
    others: () => lines.filter((line) => line !== mine).map((line) => readLine(line, byName)),
  };
}

/** The name behind an address: `127.0.0.1:7001@17001,name`. */
const nameIn = (line: string): string => line.split(' ')[1]?.split(',')[1] ?? '';

const unusable = new Set(['slave', 'noaddr', 'handshake', 'fail']);

function readLine(line: string, byName: boolean): NodeLine {
  const [id = '', place = '', flags = '', , , , epoch = '', , ...slots] = line.trim().split(' ');
  const [host = '', port = ''] = /^(.*):(\d+)/.exec(place.split('@')[0]!)?.slice(1) ?? [];
  const leaving = slots.flatMap((slot) => {
    const [, number, to] = /^\[(\d+)->-(\w+)/.exec(slot) ?? [];
    return number === undefined ? [] : [[number, to!] as const];
  });
  return {
    id,
    address: `${byName ? nameIn(line) || host : host}:${port}`,
    there: host !== '' && !flags.split(',').some((flag) => unusable.has(flag)),
    ranges: slots.flatMap((slot) => {
      const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(slot) ?? [];
      return from === undefined ? [] : [[Number(from), Number(to)] as const];
    }),
    leaving,
    arriving: slots.some((slot) => slot.includes('-<-')),
    text: [id, epoch, ...slots].join(' '),
  };
}

/** A node in the order in which they are listed. */
export interface Listed {
  readonly address: string;
  /** Another text whenever another key may be there than before, because it came from another node. */
  readonly state: string;
}

/**
 * The order in which nodes are listed. What is on its way goes from one that is listed to one that is listed later; so one that slots
 * leave and others come to is listed twice. What begins to leave one, to another, changes the states of both.
 */
export function orderNodes(nodes: readonly NodeLine[]): Listed[] {
  const coming = (id: string) =>
    nodes.flatMap(({ leaving }) => leaving.filter(([, to]) => to === id).map(([slot]) => slot));
  const all = nodes
    .toSorted((a, b) => (a.address < b.address ? -1 : 1))
    .map((node) => ({ node, address: node.address, state: `${node.text} ${coming(node.id).join()}` }));
  const leaving = all.filter(({ node }) => node.leaving.length > 0);
  const rest = all.filter(({ node }) => node.leaving.length === 0);
  const again = leaving.filter(({ node }) => node.arriving || coming(node.id).length > 0);
  return [...leaving, ...rest, ...again.map((each) => ({ ...each, state: `${each.state} again` }))].map(
    ({ address, state }) => ({ address, state }),
  );
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
