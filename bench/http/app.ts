/** The guest of the benchmarks `http` and `cold`. */
import { json, router } from '@spiderlightning/guest';
import { compute, makeOrder } from './work.js';

const app = router();
app.get('/orders/:id', async (req) => json(makeOrder(req.params.id)));
app.get('/compute', async () => json({ sum: compute() }));
export default app;
