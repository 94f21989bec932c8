import { json, openStore, router } from '@spiderlightning/guest';
import type { ChangeHandler, CommandHandler, MessageHandler, ScheduleHandler } from '@spiderlightning/guest';

// An app that does all there is, and fails as it is told.

const seen = openStore('seen');

async function note(name: string, value: unknown): Promise<void> {
  const count = await seen.increment('count');
  await seen.setJson(`${name}/${String(count).padStart(4, '0')}`, value);
}

async function misbehave(how: string | undefined): Promise<void> {
  if (how === 'throw') throw new Error('as it was told');
  if (how === 'loop') for (;;);
  if (how === 'wait') await new Promise((done) => setTimeout(done, 60_000));
  if (how === 'trap') {
    const deep = (): number => 1 + deep();
    deep();
  }
}

export const onSchedule: ScheduleHandler = async ({ name, time }) => {
  await note(name, { time: time.getTime() });
  await misbehave((await seen.getText(`how/${name}`)) ?? undefined);
  await note(`${name}-done`, { time: time.getTime() });
};

export const onMessage: MessageHandler = async (message) => {
  console.log('got', message.text());
};
export const onChange: ChangeHandler = async ({ name, keys, resync }) => note(name, { keys, resync });

export const command: CommandHandler = async (args) => {
  console.log('hello %s', args.join('+'));
  console.error('careful');
  await misbehave(args[0]);
  return Number(args[1] ?? 0);
};

export default router().get('/', async () => json('hello'));
