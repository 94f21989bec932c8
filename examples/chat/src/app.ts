import {
  CapabilityError,
  HttpError,
  broadcast,
  html,
  json,
  router,
  sse,
  status,
} from '@spiderlightning/guest';
import type { Answer, Connection, GuestRequest, ScheduleHandler } from '@spiderlightning/guest';
import { writeDigests } from './digest.ts';
import { crossHosts, listHosts } from './hosts.ts';
import { append, readAfter, readBefore, readTail } from './log.ts';
import { page, pagePolicy } from './page/page.ts';
import { allow, arrive, depart, enter, identify, leave, listHere, stay } from './people.ts';
import { describeRooms, openRoom, requireRoom } from './rooms.ts';
import { field, readConnection, readDraft, readName, readPosition, readRoom } from './rules.ts';

/** What the host keeps of each open page. */
interface Context {
  readonly room: string;
  readonly name: string;
}

const app = router({ onError: describeError });
app.use(crossHosts);

app.get('/', async () => {
  const hosts = await listHosts();
  const nonce = crypto.randomUUID();
  return html(page(nonce, hosts), {
    headers: { 'content-security-policy': pagePolicy(nonce, hosts), 'cache-control': 'no-store' },
  });
});

app.post('/sessions', async (req) => {
  await allow(`enter/${req.remote}`, 60, 60_000);
  return json(await enter(readName(await readBody(req))), { status: 201 });
});

app.delete('/sessions', async (req) => {
  await leave(await identify(req));
  return status(204);
});

app.get('/rooms', async (req) => {
  const { name } = await identify(req);
  return json({ name, rooms: await describeRooms() });
});

app.post('/rooms', async (req) => {
  const { token } = await identify(req);
  await allow(`rooms/${token}`, 5, 60_000);
  const name = readRoom(field(await readBody(req), 'name'));
  const isNew = await openRoom(name);
  if (isNew) broadcast('all', { room: name, position: 0 }, { event: 'activity' });
  return json({ name }, { status: isNew ? 201 : 200 });
});

/** `?after=`: what came since; `?before=`: what was earlier; neither: the newest. */
app.get('/rooms/:room/messages', async (req) => {
  await identify(req);
  const room = await requireRoom(readRoom(req.params.room));
  const [after, before] = [req.query.get('after'), req.query.get('before')];
  if (before !== undefined) return json(await readBefore(room, readPosition('before', before)));
  return json(await readAfter(room, after === undefined ? undefined : readPosition('after', after)));
});

app.post('/rooms/:room/messages', async (req) => {
  const { token, name } = await identify(req);
  const room = await requireRoom(readRoom(req.params.room));
  const draft = readDraft(await readBody(req));
  await allow(`say/${token}`, 20, 10_000);
  const { message, isNew } = await append(room, name, draft);
  // What is sent again may have been stored by a host that died before it told anybody.
  broadcast(`room/${room}`, { ...message }, { event: 'message', id: String(message.position) });
  broadcast('all', { room, position: message.position }, { event: 'activity' });
  return json(message, { status: isNew ? 201 : 200 });
});

app.get('/rooms/:room/people', async (req) => {
  await identify(req);
  return json({ here: await listHere(await requireRoom(readRoom(req.params.room))) });
});

/** A page is still here; it learns how far the room is, in case that it missed something. */
app.post('/rooms/:room/here', async (req) => {
  const { name } = await identify(req);
  const room = readRoom(req.params.room);
  if (!(await stay(room, name, readConnection(await readBody(req)))))
    throw new HttpError(410, 'this connection is not here any more: open another one');
  return json({ position: await readTail(room) });
});

app.get('/rooms/:room/events', async (req) => {
  const { token, name } = await identify(req);
  const room = await requireRoom(readRoom(req.params.room));
  await allow(`open/${token}`, 60, 60_000);
  return sse({ channels: [`room/${room}`, 'all'], context: { room, name } satisfies Context });
});

app.onOpen(async (connection) => {
  const { room, name } = contextOf(connection);
  await arrive(room, name, connection.id);
  broadcast(`room/${room}`, { connection: connection.id, name }, { event: 'joined' });
  // It is on its channels by now: who reads the messages after this misses none.
  connection.send({ connection: connection.id, position: await readTail(room) }, { event: 'hello' });
});

app.onClose(async (connection) => {
  const { room, name } = contextOf(connection);
  await depart(room, name, connection.id);
  broadcast(`room/${room}`, { connection: connection.id, name }, { event: 'left' });
});

export default app;

export const onSchedule: ScheduleHandler = ({ time }) => writeDigests(time);

function contextOf(connection: Connection): Context {
  return connection.context as Context;
}

/** JSON alone: no page elsewhere can send it without being asked about first. */
async function readBody(req: GuestRequest<unknown>): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(req.headers.get('content-type') ?? ''))
    throw new HttpError(415, 'send JSON, as application/json');
  return await req.json();
}

/** Errors are JSON here: `{ "error": … }`. What is nobody's business stays in the log. */
function describeError(error: unknown): Answer {
  if (error instanceof HttpError)
    return json({ error: error.message }, { status: error.status, headers: error.headers });
  if (error instanceof CapabilityError && error.retryable)
    return json({ error: 'not now: try again' }, { status: 503, headers: { 'retry-after': '1' } });
  return json({ error: 'the app failed' }, { status: 500 });
}
