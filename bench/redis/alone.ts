import { once } from 'node:events';
import { Redis } from 'ioredis';
import type { Bench, Loop, Operation } from './guests.ts';

/** Stands in what was overheard where each loop has a name of its own. */
const NAME = 'overheard';

/**
 * The client alone, which sends the commands that our backends send: they are overheard on the server, so that this knows
 * nothing of how those lay things out.
 */
export async function makeAlone(
  client: Redis,
  bench: Bench,
  instances: number,
): Promise<{ loops: Record<Operation, Loop[]>; clear(): Promise<unknown> }> {
  const [get] = await overhear(client, () => bench.keyvalue.get('orders/000012345'));
  const publish = await overhearAgain(client, () =>
    bench.messaging.publish('orders.created', Buffer.from('{"order":"000012345","status":"new"}')),
  );
  const locked = await overhearAgain(client, async () => {
    const grant = await bench.locks.acquire(NAME, 30_000, 0);
    await bench.locks.release(NAME, grant!.token);
  });
  const [take, release] = [locked[0]!, locked[1]!];
  const named = (command: readonly string[], name: string): string[] =>
    command.slice(1).map((argument) => argument.replaceAll(NAME, name));
  // EVALSHA: the script, the number of keys, the keys, the arguments; `release` has the token as its first.
  const keyCount = Number(release[2]);

  function acquireLoop(name: string): Loop {
    const [taking, releasing] = [named(take, name), named(release, name)];
    return async (count) => {
      let held = 0;
      for (let left = count; left > 0; left--) {
        const [token] = (await client.callBuffer('EVALSHA', ...taking)) as [Buffer];
        const giving = releasing.with(2 + keyCount, token.toString());
        if ((await client.callBuffer('EVALSHA', ...giving)) === 1) held++;
      }
      return held;
    };
  }

  const repeat =
    (work: () => Promise<unknown>): Loop =>
    async (count) => {
      let done = 0;
      for (let left = count; left > 0; left--) if ((await work()) !== null) done++;
      return done;
    };
  const publishing = publish[0]!.slice(1);
  const loops = {
    get: repeat(() => client.getBuffer(get![1]!)),
    publish: repeat(() => client.callBuffer('EVALSHA', ...publishing)),
  };
  const each = <T>(make: (index: number) => T): T[] =>
    Array.from({ length: instances }, (_, index) => make(index));
  const keys = publish[0]!.slice(3, 3 + Number(publish[0]![2]));
  return {
    loops: {
      get: each(() => loops.get),
      publish: each(() => loops.publish),
      acquire: each((index) => acquireLoop(`lock-${index}`)),
    },
    // The first key of a publication says which groups there are; in the others lie the messages.
    clear: () => client.unlink(...keys.slice(1)),
  };
}

/** Once more, so that the server knows the scripts. */
async function overhearAgain(client: Redis, work: () => unknown): Promise<string[][]> {
  await work();
  return overhear(client, work);
}

/** The commands that clients send while this works, each with its arguments. */
async function overhear(client: Redis, work: () => unknown): Promise<string[][]> {
  const ear = await client.monitor();
  const heard: string[][] = [];
  ear.on('monitor', (_time: string, command: string[], source: string) => {
    if (source !== 'lua') heard.push(command);
  });
  try {
    await work();
    const last = 'that is all';
    const over = new Promise<void>((resolve) =>
      ear.on('monitor', (_time: string, [, said]: string[]) => {
        if (said === last) resolve();
      }),
    );
    await client.echo(last);
    await over;
    return heard.filter(([, said]) => said !== last);
  } finally {
    ear.disconnect();
    await once(ear, 'end');
  }
}
