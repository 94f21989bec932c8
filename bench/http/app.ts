/** The guest of the benchmarks `http`, `cold` and `density`. */
import { json, router } from '@spiderlightning/guest';
import { compute, makeOrder } from './work.js';

const app = router();
app.get('/orders/:id', async (req) => json(makeOrder(req.params.id)));
app.get('/compute', async () => json({ sum: compute() }));
app.get('/wait/:ms', async (req) => {
  await new Promise((resolve) => setTimeout(resolve, Number(req.params.ms)));
  return json({});
});
export default app;
