// @ts-check
/** What the guest and its baseline both do for a request: the same JavaScript, once in QuickJS and once in V8. */

/**
 * A small answer, made anew for each request.
 * @param {string} id
 */
export function makeOrder(id) {
  return {
    id,
    customer: 'Ada Lovelace',
    status: 'paid',
    items: [
      { name: 'Tea', quantity: 2, price: 450 },
      { name: 'Käse', quantity: 1, price: 1299 },
    ],
    total: 2199,
  };
}

/** Computing that takes QuickJS about a millisecond, with a result that has to be right. */
export function compute() {
  let sum = 0;
  for (let i = 0; i < 24_000; i++) sum = (sum + ((i * 7) ^ (sum & 15))) % 1_000_003;
  return sum;
}
