import { HttpError, openStore, status, text } from '@spiderlightning/guest';
import type { ChangeHandler, Router } from '@spiderlightning/guest';

const shop = openStore('shop');

export function serveKeyValue(app: Router): void {
  app.put('/prices/:name', async (req) => {
    await shop.set(`price/${req.params.name}`, await req.text());
    return status(204);
  });
  app.get('/prices/:name', async (req) => text(await find(`price/${req.params.name}`)));
  /** The price as the watch saw it. */
  app.get('/seen/:name', async (req) => text(await find(`seen/price/${req.params.name}`)));
}

/** Called by the host when somebody wrote a price. */
export const onChange: ChangeHandler = async ({ keys }) => {
  for (const key of keys) await shop.set(`seen/${key}`, await find(key));
};

async function find(key: string): Promise<string> {
  const value = await shop.getText(key);
  if (value === undefined) throw new HttpError(404, `there is no ${key}`);
  return value;
}
