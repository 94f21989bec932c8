import { HttpError, openMessages, openStore, status, text } from '@spiderlightning/guest';
import type { MessageHandler, Router } from '@spiderlightning/guest';

const jobs = openMessages('jobs');
const done = openStore('shop');

export function serveQueue(app: Router): void {
  app.post('/jobs/:name', async (req) => {
    await jobs.publish('jobs', req.params.name);
    return status(202);
  });
  app.get('/jobs/:name', async (req) => {
    const result = await done.getText(`job/${req.params.name}`);
    if (result === undefined) throw new HttpError(404, 'not yet');
    return text(result);
  });
}

/** Called by the host, on one of all that share the queue. */
export const onMessage: MessageHandler = async (message) => {
  const name = message.text();
  await done.set(`job/${name}`, name.toUpperCase());
};
