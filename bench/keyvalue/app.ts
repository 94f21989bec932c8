/** The guest of the benchmark `keyvalue` that runs in QuickJS: reads one key so many times, `/COUNT`. */
import { openStore, router, text } from '@spiderlightning/guest';

const store = openStore('bench');
const app = router();
app.get('/:count', async (req) => {
  let sum = 0;
  for (let left = Number(req.params.count); left > 0; left--) {
    sum += (await store.get('orders/000012345'))?.length ?? 0;
  }
  return text(String(sum));
});
export default app;
