import {
  bodyOf,
  broadcast,
  json,
  router,
  sse,
  status,
  stream,
  text,
  websocket,
} from '@spiderlightning/guest';
import type { Connection } from '@spiderlightning/guest';

// An app of everything that outlasts an answer: bodies that are streamed, connections that are held.

interface Context {
  readonly name: string;
  readonly quiet?: boolean;
}

const nameOf = (connection: Connection) => (connection.context as Context).name;

const app = router();

app.get('/', async () => text('still here'));

// Bodies.
app.post('/whole', async (req) => json({ bytes: (await req.bytes()).length }));
app.post('/count', async (req) => {
  let bytes = 0;
  for await (const piece of bodyOf(req)) bytes += piece.length;
  return json({ bytes });
});
app.post('/echo', async (req) => stream(() => bodyOf(req)));
app.post('/ignore', async () => text('not read'));
app.get('/pieces/:count', async (req) =>
  stream(function* () {
    for (let index = 0; index < Number(req.params.count); index++)
      yield new Uint8Array(64 * 1024).fill(index);
  }),
);
app.get('/lines', async () =>
  stream(
    async (write) => {
      for (const line of ['one\n', 'two\n', 'three\n']) await write(line);
    },
    { type: 'text/plain', headers: { 'content-length': '14' } },
  ),
);
app.get('/throws', async () =>
  stream(function* () {
    yield 'the beginning';
    throw new Error('half way');
  }),
);
app.get('/busy', async () =>
  stream(function* () {
    yield 'the beginning';
    for (;;);
  }),
);
app.get('/short', async () => stream(['four'], { headers: { 'content-length': '5' } }));

// Connections.
app.get('/events/:channel', async (req) =>
  sse({
    channel: req.params.channel,
    retryMs: 700,
    context: { name: 'stream', quiet: req.query.has('quiet') },
  }),
);
app.get('/sockets/:channel', async (req) =>
  websocket({
    channel: req.params.channel,
    context: { name: req.query.get('name') ?? 'socket', quiet: req.query.has('quiet') },
    headers: { 'x-app': 'live' },
    ...(req.query.has('protocol') && { protocol: req.query.get('protocol') ?? '' }),
  }),
);
app.get('/refused', async () => status(401));
app.post('/say/:channel', async (req) => {
  const count = Number(req.query.get('count') ?? '1');
  const body = await req.text();
  for (let index = 0; index < count; index++)
    broadcast(req.params.channel, count === 1 ? body : `${body}.${index}`, { event: 'said', id: `${index}` });
  return status(204);
});

app.onOpen((connection, lastEventId) => {
  if ((connection.context as Context).quiet) return;
  connection.send(`welcome ${nameOf(connection)}, last seen: ${lastEventId ?? 'nothing'}`);
});
app.onMessage((connection, message) => {
  const said = message.text();
  if (typeof message.data !== 'string') connection.send(message.data.toReversed());
  else if (said === 'throw') throw new Error('on purpose');
  else if (said === 'bye') connection.close(3001, 'as you wish');
  else if (said.startsWith('join ')) connection.join(said.slice(5));
  else if (said.startsWith('leave ')) connection.leave(said.slice(6));
  else if (said === 'channels') connection.send(connection.channels);
  else for (const channel of connection.channels) broadcast(channel, `${nameOf(connection)}: ${said}`);
});
app.onClose((connection, code, reason) => {
  if ((connection.context as Context).quiet) return;
  for (const channel of connection.channels)
    broadcast(channel, `${nameOf(connection)} left: ${code} ${reason}`);
});

export default app;
