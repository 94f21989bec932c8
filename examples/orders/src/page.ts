/** The page at `/`: no dependencies, light and dark, also on a phone. It uses the same API as everybody else. */
export const page = /* html */ `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Orders</title>
<link rel="icon" href="data:,">
<style>
  :root {
    color-scheme: light dark;
    --back: light-dark(#f6f7f9, #14161a);
    --card: light-dark(#ffffff, #1d2026);
    --text: light-dark(#1b1f27, #e8eaee);
    --soft: light-dark(#5c6675, #9aa4b2);
    --line: light-dark(#dfe3e8, #30353e);
    --main: light-dark(#2257d6, #86abff);
    --on-main: light-dark(#ffffff, #10131a);
    --bad: light-dark(#b3261e, #ff9d94);
  }
  * { box-sizing: border-box; }
  body {
    margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 46rem;
    font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; margin-bottom: 1rem; }
  h1 { margin: 0; font-size: 1.6rem; }
  header p { margin: 0; color: var(--soft); }
  form, li { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; }
  form { display: grid; grid-template-columns: 2fr 2fr 1fr 1fr auto; gap: .75rem; align-items: end; }
  label { display: grid; gap: .2rem; font-size: .85rem; color: var(--soft); min-width: 0; }
  input, button { font-size: 1rem; font-family: inherit; line-height: 1.4; border-radius: .5rem; padding: .45rem .6rem; min-width: 0; width: 100%; }
  input { color: var(--text); background: var(--back); border: 1px solid var(--line); }
  button { cursor: pointer; border: 1px solid var(--line); color: var(--text); background: none; width: auto; }
  button.main { border-color: var(--main); color: var(--on-main); background: var(--main); }
  :focus-visible { outline: 2px solid var(--main); outline-offset: 2px; }
  ul { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; gap: .75rem; }
  li { display: grid; grid-template-columns: 1fr auto; gap: .25rem 1rem; }
  li p { margin: 0; overflow-wrap: anywhere; }
  .soft { color: var(--soft); font-size: .9rem; }
  .total { font-variant-numeric: tabular-nums; text-align: right; }
  .status { text-align: right; }
  .actions { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; margin-top: .5rem; }
  .actions a { color: var(--main); font-size: .9rem; padding: .2rem .3rem; }
  .actions button { padding: .2rem .7rem; font-size: .9rem; }
  #message { margin: .75rem 0; color: var(--bad); white-space: pre-line; }
  @media (max-width: 36rem) {
    form { grid-template-columns: 1fr 1fr; }
    form label:nth-of-type(-n+2), form button { grid-column: 1 / -1; }
  }
</style>
</head>
<body>
<header><h1>Orders</h1><p id="summary"></p></header>
<form id="new">
  <label>Customer <input name="customer" required maxlength="80" autocomplete="name"></label>
  <label>Item <input name="item" required maxlength="80"></label>
  <label>Quantity <input name="quantity" type="number" value="1" min="1" max="10000" required></label>
  <label>Price <input name="price" type="number" min="0" max="1000000" step="0.01" placeholder="4.50" required></label>
  <button class="main">Order</button>
</form>
<p id="message" role="status"></p>
<ul id="orders"></ul>
<button id="more" hidden>More</button>
<script type="module">
  const byId = (id) => document.getElementById(id);
  const money = (cents) => (cents / 100).toFixed(2);
  let next = '/orders?limit=10';

  async function call(path, options = {}) {
    const answer = await fetch(path, options);
    const body = answer.headers.get('content-type')?.includes('json') ? await answer.json() : await answer.text();
    if (answer.ok) return { body, etag: answer.headers.get('etag') };
    throw new Error(body.problems?.join('\\n') ?? body.error ?? body);
  }

  function say(error) { byId('message').textContent = error ? error.message : ''; }

  function make(tag, text, name = '') {
    const node = document.createElement(tag);
    node.textContent = text;
    node.className = name;
    return node;
  }

  function draw(order) {
    const row = document.createElement('li');
    row.id = 'order-' + order.id;
    const items = order.items.map((item) => item.quantity + ' × ' + item.name).join(', ');
    row.append(
      make('p', order.customer), make('p', money(order.total), 'total'),
      make('p', 'No. ' + Number(order.id) + ' · ' + items, 'soft'), make('p', order.status, 'soft status'),
    );
    const actions = make('div', '', 'actions');
    const following = { open: 'paid', paid: 'shipped' }[order.status];
    if (following) actions.append(act('Mark as ' + following, async () => {
      // Read first: the ETag makes sure that nobody's change is overwritten.
      const { etag } = await call('/orders/' + order.id);
      const changed = await call('/orders/' + order.id, {
        method: 'PATCH', headers: { 'if-match': etag }, body: JSON.stringify({ status: following }),
      });
      row.replaceWith(draw(changed.body));
    }));
    actions.append(act('Delete', async () => {
      await call('/orders/' + order.id, { method: 'DELETE' });
      row.remove();
    }));
    const invoice = make('a', 'Invoice');
    invoice.href = '/orders/' + order.id + '/invoice';
    actions.append(invoice);
    row.append(actions);
    return row;
  }

  function act(label, run) {
    const button = make('button', label);
    button.addEventListener('click', () => { run().then(() => say(), say).finally(summarise); });
    return button;
  }

  async function more() {
    const { body } = await call(next);
    // An order that was placed here stands at the top already.
    byId('orders').append(...body.orders.filter((order) => !byId('order-' + order.id)).map(draw));
    next = body.next;
    byId('more').hidden = next === null;
  }

  async function summarise() {
    const [placed, visits] = await Promise.all([call('/counters/orders'), call('/counters/visits')]);
    byId('summary').textContent = 'Placed so far: ' + placed.body.value + ' · Visits: ' + visits.body.value;
  }

  byId('new').addEventListener('submit', (event) => {
    event.preventDefault();
    const form = event.target;
    const data = new FormData(form);
    const item = {
      name: data.get('item'),
      quantity: Number(data.get('quantity')),
      price: Math.round(Number(data.get('price')) * 100),
    };
    call('/orders', { method: 'POST', body: JSON.stringify({ customer: data.get('customer'), items: [item] }) })
      .then(({ body }) => {
        byId('orders').prepend(draw(body));
        form.reset();
        form.elements.customer.focus();
        say();
      }, say)
      .finally(summarise);
  });
  byId('more').addEventListener('click', () => { more().catch(say); });

  await call('/counters/visits', { method: 'POST' }).catch(say);
  await Promise.all([more().catch(say), summarise().catch(say)]);
</script>
</body>
</html>
`;
