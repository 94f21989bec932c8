import { openStore } from '@spiderlightning/guest';
import type { ChangeHandler, ScheduleHandler } from '@spiderlightning/guest';

// An app without HTTP. It notes what it hears, and fails as it is told.

const seen = openStore('seen');

async function note(name: string, value: unknown): Promise<void> {
  const count = await seen.increment('count');
  await seen.setJson(`${name}/${String(count).padStart(6, '0')}`, value);
}

const recurse = (): number => 1 + recurse();

async function misbehave(how: string | undefined): Promise<void> {
  if (how === 'throw') throw new Error('as it was told');
  if (how === 'trap') recurse();
  if (how === 'loop') for (;;);
  if (how === 'wait') await new Promise((done) => setTimeout(done, 60_000));
}

export const onSchedule: ScheduleHandler = async ({ name, time }) => {
  await note(name, { time: time.getTime() });
  await misbehave(await seen.getText(`how/${name}`));
  await note(`${name}-done`, { time: time.getTime() });
};

export const onChange: ChangeHandler = async ({ name, keys, resync }) => {
  await note(name, { keys, resync });
  await misbehave(await seen.getText(`how/${name}`));
};
