/** The guest of the benchmark `sql`: reads or writes one row so many times, `/select/COUNT`, `/insert/COUNT`, `/rows/COUNT`. */
import { openDatabase, router, text } from '@spiderlightning/guest';

const db = openDatabase('bench');
const app = router();
app.get('/select/:count', async (req) => {
  let sum = 0;
  for (let left = Number(req.params.count); left > 0; left--) {
    const order = await db.query<{
      total: number;
    }>`select * from orders where id = ${1 + (left % 1000)}`.first();
    sum += order?.total ?? 0;
  }
  return text(String(sum));
});
app.get('/insert/:count', async (req) => {
  let sum = 0;
  for (let left = Number(req.params.count); left > 0; left--)
    sum += (await db.execute`insert into written (customer, total) values (${'Ada Lovelace'}, ${left})`).rows;
  return text(String(sum));
});
app.get('/rows/:count', async (req) => {
  let sum = 0;
  for await (const { total } of db.query<{
    total: number;
  }>`select * from many limit ${Number(req.params.count)}`)
    sum += total;
  return text(String(sum));
});
export default app;
