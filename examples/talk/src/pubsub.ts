import { json, openMessages, status } from '@spiderlightning/guest';
import type { Router } from '@spiderlightning/guest';

const news = openMessages('news');

export function servePubSub(app: Router): void {
  /** Everyone who listens now hears it; nobody hears it later. */
  app.post('/news', async (req) => {
    await news.broadcast('news', await req.text());
    return status(204);
  });
  app.get('/news', async () => {
    const listener = await news.listen('news');
    const heard = await listener.next({ waitMs: 20_000 });
    return json(heard.map((each) => each.text()));
  });
}
