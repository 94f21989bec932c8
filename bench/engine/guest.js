import { get } from 'bench:engine/store';

/** Gets `count` times. Answers how many bytes came back altogether. */
export function gets(count) {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += get('orders/000012345').length;
  return bytes;
}

export const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));

/** Never ends. */
export function spin() {
  for (;;);
}

const hoarded = [];

/** Takes memory without end: an error tells it of the limit. */
export function hoard() {
  try {
    for (;;) hoarded.push(new Uint8Array(65_536).fill(1));
  } catch {
    const { length } = hoarded;
    hoarded.length = 0;
    return length;
  }
}

/** Sorts, splits, joins and parses text; answers how much of it there was. */
export function churn(rounds) {
  let length = 0;
  for (let i = 0; i < rounds; i++) {
    const items = Array.from({ length: 50 }, (_, n) => ({ n: (n * 7919) % 50, name: `item ${n}` }));
    items.sort((one, other) => one.n - other.n);
    length += JSON.stringify(JSON.parse(JSON.stringify(items))).split(',').length;
  }
  return length;
}

/** What a small handler does: looks at the path and the headers, reads a value, answers with JSON. */
export const http = {
  async handle({ method, path, headers }) {
    const id = path.slice(path.lastIndexOf('/') + 1);
    const kind = headers.find(([name]) => name === 'accept')?.[1] ?? 'application/json';
    const size = get(`orders/${id}`).length;
    return {
      status: method === 'GET' ? 200 : 405,
      headers: [['content-type', kind]],
      body: JSON.stringify({ id, size }),
    };
  },
};
