/** The guest of the benchmark `telemetry`: one answer that asks nothing, and one that reads a value twice. */
import { json, openStore, router } from '@spiderlightning/guest';

const notes = openStore('notes');

export default router()
  .get('/plain', async () => json({ ok: true }))
  .get('/stored', async () => json({ found: [await notes.getText('a'), await notes.getText('b')] }));
