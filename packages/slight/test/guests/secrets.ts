import { CapabilityError, json, openConfigs, openStore, router } from '@spiderlightning/guest';

// An app that has secrets, and does with them what careless apps do.

const keys = openConfigs('keys');
const store = openStore('notes');
const away = openStore('away');

const describe = (error: unknown) =>
  error instanceof CapabilityError ? { code: error.code, message: error.message } : String(error);

export default router()
  .get('/read', async () => {
    const key = await keys.getSecret('API_KEY');
    return json({ length: key?.reveal().length, key, other: await keys.get('PASSWORD').catch(describe) });
  })
  .get('/log', async () => {
    const key = await keys.getSecret('API_KEY');
    console.log('key', key, `${key}`, JSON.stringify({ key }));
    console.error({ key, all: [...(await keys.getAll())] });
    return json('logged');
  })
  .get('/store', async () => {
    await store.set('a', 'b');
    return json(await store.getText('a'));
  })
  .get('/away', async () => json(await away.get('a').catch(describe)))
  .get('/throw', async () => {
    throw new Error(`thrown with ${await keys.getSecret('API_KEY')}`);
  })
  .get('/uncaught', async () => {
    await away.get('a');
    return json('never');
  });
