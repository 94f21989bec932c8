/** The guest of the benchmark `outgoing` that runs in QuickJS: asks one URL so many times, `/COUNT?URL`. */
import { router, text } from '@spiderlightning/guest';

const app = router();
app.get('/:count', async (req) => {
  const url = decodeURIComponent(req.url.slice(req.url.indexOf('?') + 1));
  let sum = 0;
  for (let left = Number(req.params.count); left > 0; left--) {
    const answer = await fetch(url);
    sum += (await answer.bytes()).length;
  }
  return text(String(sum));
});
export default app;
