import { CapabilityError, json, openConfigs, router } from '@spiderlightning/guest';

// An app that shows its configs, and tries what it may not.

const settings = openConfigs('settings');
const shop = openConfigs('shop');

const refused = (error: unknown) => (error instanceof CapabilityError ? error.code : String(error));

export default router()
  .get('/settings', async () => {
    const all = await settings.getAll();
    console.log('all', all);
    return json({
      all: Object.fromEntries(all),
      key: (await settings.getSecret('SLIGHT_TEST_KEY'))?.reveal(),
      path: await settings.get('PATH').catch(refused),
      set: await settings.set('SLIGHT_TEST_LEVEL', 'changed').catch(refused),
      other: await openConfigs('other').get('A').catch(refused),
    });
  })
  .get('/shop', async () => json(Object.fromEntries(await shop.getAll())))
  .get('/wait', async () => {
    const watch = await shop.watch();
    return json(await watch.next(20_000));
  })
  // A request that ends while its watch is open.
  .get('/leave', async () => {
    await shop.watch();
    return json('left');
  });
