import { json, openStore, router, text } from '@spiderlightning/guest';

// An app whose paths do what the tests want to see: storage, waiting, and every way to fail.

let requests = 0;
const notes = openStore('notes');

export default router()
  .get('/', async () => text('still here'))
  .get('/header/:name', async (req) => text(req.headers.get(req.params.name) ?? 'none'))
  .get('/count', async () => text(String(++requests)))
  .get('/print', async () => {
    console.log('printed\nin two lines');
    console.error('complained');
    return text('done');
  })
  .get('/wait/:ms', async (req) => {
    const end = Date.now() + Number(req.params.ms);
    while (Date.now() < end) await notes.exists('x');
    return text('waited');
  })
  .get('/sleep/:ms', async (req) => {
    await new Promise((wake) => setTimeout(wake, Number(req.params.ms)));
    return text('slept');
  })
  .get('/until/:key', async (req) => {
    while (!(await notes.exists(req.params.key))) await new Promise((wake) => setTimeout(wake, 20));
    return text('waited');
  })
  .get('/throw', async () => {
    throw new Error('thrown on purpose');
  })
  .get('/never', async () => {
    await new Promise(() => {});
    return text('it cannot be');
  })
  .get('/loop', async () => {
    for (;;) requests++;
  })
  .get('/hog', async () => {
    const kept: Uint8Array[] = [];
    for (;;) kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
  })
  .get('/open/:name', async (req) => {
    await openStore(req.params.name).get('x');
    return text('opened');
  })
  .put('/notes/:key', async (req) => {
    await notes.set(req.params.key, await req.text());
    return text('written');
  })
  .get('/notes/:key', async (req) => json((await notes.getText(req.params.key)) ?? null))
  .post('/notes/:key', async (req) => text(String(await notes.increment(req.params.key))));
