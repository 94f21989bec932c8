import { HttpError, json, openStore, router, status, text } from '@spiderlightning/guest';
import { readNote } from './note.ts';
import type { Note } from './note.ts';

const store = openStore('notes');
const app = router();

app.get('/', () => text('{{name}}: try GET /notes\n'));

app.get('/notes', async () => {
  const ids: string[] = [];
  for await (const key of store.keys({ prefix: 'note/' })) ids.push(key.slice('note/'.length));
  return json({ ids });
});

app.post('/notes', async (req) => {
  const note = readNote(await req.json());
  const id = String(await store.increment('last-id'));
  await store.setJson(`note/${id}`, note);
  console.log('note %s was written', id);
  return json({ id, ...note }, { status: 201, headers: { location: `/notes/${id}` } });
});

app.get('/notes/:id', async (req) => {
  const note = await store.getJson<Note>(`note/${req.params.id}`);
  if (note === undefined) throw new HttpError(404, `there is no note ${req.params.id}`);
  return json(note);
});

app.delete('/notes/:id', async (req) => {
  await store.delete(`note/${req.params.id}`);
  return status(204);
});

export default app;
