/** What an order is, and what a client may send. Nothing here knows of HTTP or of a store. */

export const statuses = ['open', 'paid', 'shipped', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

export interface Item {
  readonly name: string;
  readonly quantity: number;
  /** For one piece, in cents: money is counted in whole numbers. */
  readonly price: number;
}

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly items: readonly Item[];
  readonly status: Status;
  /** Sum of all items, in cents. */
  readonly total: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a client chooses about an order. */
export interface Draft {
  readonly customer: string;
  readonly items: readonly Item[];
  readonly status: Status;
}

/** Either what was sent, checked, or everything that is wrong with it: one sentence for each fault. */
export type Checked<T> = { readonly value: T } | { readonly problems: readonly string[] };

const mostItems = 50;
/** Characters. A customer is the key of messages, too, which has up to 256 bytes. */
const mostText = 80;
const mostQuantity = 10_000;
const mostPrice = 100_000_000;

/** Checks a new order. Its status is `open` unless it says otherwise. */
export function checkDraft(input: unknown): Checked<Draft> {
  return check(input, true, (draft) => ({ status: 'open', ...draft }) as Draft);
}

/** Checks a change: some of the fields of an order. */
export function checkChange(input: unknown): Checked<Partial<Draft>> {
  return check(input, false, (change) => change);
}

/** Sum of all items, in cents. */
export function totalOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + item.quantity * item.price, 0);
}

/** The first version of an order. */
export function createOrder(id: string, draft: Draft, now: Date): Order {
  const at = now.toISOString();
  return { id, ...draft, total: totalOf(draft.items), createdAt: at, updatedAt: at };
}

/** The order after a change. */
export function changeOrder(order: Order, change: Partial<Draft>, now: Date): Order {
  const changed = { ...order, ...change };
  return { ...changed, total: totalOf(changed.items), updatedAt: now.toISOString() };
}

function check<T>(input: unknown, whole: boolean, make: (draft: Partial<Draft>) => T): Checked<T> {
  if (!isRecord(input)) return { problems: ['the body must be a JSON object'] };
  const problems: string[] = [];
  for (const name of Object.keys(input))
    if (!['customer', 'items', 'status'].includes(name))
      problems.push(`${name}: there is no such field; an order has customer, items and status`);
  if (whole || input.customer !== undefined) checkText(input.customer, 'customer', problems);
  if (whole || input.items !== undefined) checkItems(input.items, problems);
  if (input.status !== undefined && !statuses.includes(input.status as Status))
    problems.push(`status: must be one of ${statuses.join(', ')}, not ${show(input.status)}`);
  if (!whole && Object.keys(input).length === 0)
    problems.push('the change is empty; send customer, items or status');
  if (problems.length > 0) return { problems };
  return { value: make(copy(input as unknown as Partial<Draft>)) };
}

function checkItems(input: unknown, problems: string[]): void {
  if (!Array.isArray(input) || input.length === 0 || input.length > mostItems) {
    problems.push(`items: must be a list of 1 to ${mostItems} items`);
    return;
  }
  for (const [index, item] of input.entries()) {
    const place = `items[${index}]`;
    if (!isRecord(item)) {
      problems.push(`${place}: must be an object with name, quantity and price`);
      continue;
    }
    checkText(item.name, `${place}.name`, problems);
    checkInteger(item.quantity, `${place}.quantity`, 1, mostQuantity, problems);
    checkInteger(item.price, `${place}.price (in cents)`, 0, mostPrice, problems);
  }
}

function checkText(input: unknown, place: string, problems: string[]): void {
  if (typeof input !== 'string' || input.trim() === '' || input.length > mostText)
    problems.push(`${place}: must be text of 1 to ${mostText} characters, not ${show(input)}`);
}

function checkInteger(input: unknown, place: string, least: number, most: number, problems: string[]): void {
  if (!Number.isInteger(input) || (input as number) < least || (input as number) > most)
    problems.push(`${place}: must be a whole number from ${least} to ${most}, not ${show(input)}`);
}

/** Takes over the known fields, and no other. */
function copy({ customer, items, status }: Partial<Draft>): Partial<Draft> {
  return {
    ...(customer === undefined ? {} : { customer: customer.trim() }),
    ...(items === undefined
      ? {}
      : { items: items.map(({ name, quantity, price }) => ({ name: name.trim(), quantity, price })) }),
    ...(status === undefined ? {} : { status }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
