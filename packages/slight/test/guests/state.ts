import { json, openStore, router, text } from '@spiderlightning/guest';

// An app that leaves something of each request wherever it can, and says what it finds of others.

const seen: string[] = [];
const notes = openStore('notes');
/** What was drawn while the app was built; the same in every instance. */
const drawn = Math.random();
let timers = 0;
let count = 0;

declare global {
  var secret: string | undefined;
}

/** What all objects have, typed here alone: declared for all, it would reach the types of every other file. */
const shared = Object.prototype as { secret?: string };

export default router()
  .get('/find', async () => {
    const found: string[] = [];
    if (seen.length > 0) found.push(`a module variable: ${seen}`);
    if (globalThis.secret !== undefined) found.push('a global');
    if (({} as typeof shared).secret !== undefined) found.push('Object.prototype');
    if (timers > 0) found.push('a timer');
    if (count > 0) found.push(`a count of ${count}`);
    return json(found);
  })
  .get('/leave/:secret', async (req) => {
    const { secret } = req.params;
    count++;
    seen.push(secret);
    globalThis.secret = secret;
    shared.secret = secret;
    setTimeout(() => timers++, 0);
    setTimeout(() => console.log(`timer of ${secret}`), 3_600_000);
    await notes.set('secret', secret);
    console.log(`left ${secret}`);
    return text('left');
  })
  .get('/dice', async () =>
    json([Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint32Array(4))], drawn]),
  )
  .get('/hoard/:mebibytes', async (req) => {
    const kept: Uint8Array[] = [];
    for (let made = 0; made < Number(req.params.mebibytes); made++)
      kept.push(new Uint8Array(1_048_576).fill(7));
    seen.push('hoarded');
    return text(String(kept.length));
  })
  .get('/loop', async () => {
    seen.push('looped');
    for (;;) count++;
  })
  .get('/throw', async () => {
    seen.push('threw');
    throw new Error('on purpose');
  })
  .get('/deep', async () => {
    seen.push('deep');
    const dig = (depth: number): number => 1 + dig(depth + 1);
    return text(String(dig(0)));
  })
  .get('/wait/:ms', async (req) => {
    seen.push('waited');
    await new Promise((wake) => setTimeout(wake, Number(req.params.ms)));
    return text('waited');
  });
