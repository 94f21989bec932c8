import { openLocks, openStore, text } from '@spiderlightning/guest';
import type { Router } from '@spiderlightning/guest';

const locks = openLocks('locks');
const shop = openStore('shop');

export function serveLocks(app: Router): void {
  /** Reads, thinks, writes: without the lock, two at once would count one. */
  app.post('/visits', async () => {
    using lease = await locks.acquire('visits', { waitMs: 20_000 });
    const visits = Number((await shop.getText('visits')) ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
    await shop.set('visits', String(visits), { fence: lease.fence });
    return text(String(visits));
  });
}
