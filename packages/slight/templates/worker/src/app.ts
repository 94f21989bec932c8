import { json, openMessages, openStore, router } from '@spiderlightning/guest';
import type { MessageHandler, ScheduleHandler } from '@spiderlightning/guest';

const jobs = openMessages('jobs');
const results = openStore('results');

interface Job {
  readonly numbers: readonly number[];
}

/** Works on a job. What is thrown here has it come again, up to five times. */
export const onMessage: MessageHandler = async (message) => {
  const { numbers } = message.json<Partial<Job>>();
  if (!Array.isArray(numbers)) return message.dead('a job has numbers');
  const sum = numbers.reduce((total: number, each) => total + Number(each), 0);
  // The same job may come twice: it has the same id then, and the same result.
  await results.set(`sum/${message.id}`, String(sum));
  console.log('job %s: %d', message.id, sum);
};

export const onSchedule: ScheduleHandler = async ({ time }) => {
  const done: string[] = [];
  for await (const key of results.keys({ prefix: 'sum/' })) done.push(key);
  console.log('%d jobs are done at %s', done.length, time.toISOString());
};

const app = router();

app.post('/jobs', async (req) => {
  const id = await jobs.publishJson('jobs.sum', await req.json<Job>());
  return json({ id }, { status: 202 });
});

app.get('/jobs/:id', async (req) => json({ sum: (await results.getText(`sum/${req.params.id}`)) ?? null }));

export default app;
