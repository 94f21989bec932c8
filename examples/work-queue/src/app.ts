import { HttpError, json, openMessages, openStore, router } from '@spiderlightning/guest';
import type { MessageHandler, ScheduleHandler } from '@spiderlightning/guest';
import { findMean, makeReport, readJob } from './job.ts';
import type { Job, Report } from './job.ts';

const jobs = openStore('jobs');
const work = openMessages('work');
const app = router();

/** Takes a job. It is on the disk, and on the way, when this answers. */
app.post('/jobs', async (req) => {
  const job = readJob(await req.json());
  if ('problem' in job) throw new HttpError(400, job.problem);
  const id = crypto.randomUUID();
  await jobs.setJson(`job/${id}`, job);
  // With an id, the host may repeat a publish that may have failed; the queue still gets one message.
  await work.publishJson('jobs', { id }, { id });
  return json({ id }, { status: 202, headers: { location: `/jobs/${id}` } });
});

app.get('/jobs/:id', async (req) => {
  const job = await jobs.getJson<Job>(`job/${req.params.id}`);
  if (job === undefined) throw new HttpError(404, `there is no job ${req.params.id}`);
  return json(job);
});

/** As the leader wrote it last. */
app.get('/report', async () => json((await jobs.getJson<Report>('report')) ?? null));

export default app;

/**
 * Does a job, on whichever host has time. What throws comes again, and after three attempts goes to the dead letters. A host
 * that dies half-way says nothing, so the same job may come twice: writing the same result again does no harm.
 */
export const onMessage: MessageHandler = async (message) => {
  const { id } = message.json<{ id: string }>();
  const job = await jobs.getJson<Job>(`job/${id}`);
  if (job === undefined) return message.dead(`there is no job ${id}`);
  if (job.state === 'done') return;
  const mean = findMean(job.numbers);
  await new Promise((resolve) => setTimeout(resolve, job.pauseMs));
  await jobs.setJson(`job/${id}`, { ...job, state: 'done', mean, attempts: message.attempt });
};

/** Reports, on the one host that leads. */
export const onSchedule: ScheduleHandler = async ({ time }) => {
  const found: Job[] = [];
  for await (const key of jobs.keys({ prefix: 'job/' })) {
    const job = await jobs.getJson<Job>(key);
    if (job !== undefined) found.push(job);
  }
  await jobs.setJson('report', makeReport(found, time));
  // Two hosts that both believed to lead would show here.
  await jobs.increment(`reports/${time.toISOString()}`);
};
