import { broadcast, openLocks, openStore } from '@spiderlightning/guest';
import { readTail } from './log.ts';
import { listHere } from './people.ts';
import { digestKey, listRooms } from './rooms.ts';
import type { Digest } from './rooms.ts';

const chat = openStore('chat');
const single = openLocks('single');

/**
 * Writes a digest of each room and tells it to the pages. Every host tries; who has the lock writes, and what it wrote is not
 * written again. A host that stood still and lost the lock is refused by its fence.
 */
export async function writeDigests(planned: Date): Promise<void> {
  using lease = await single.tryAcquire('digest');
  if (lease === undefined) return;
  const time = planned.toISOString();
  for (const room of await listRooms()) {
    const before = await chat.getJson<Digest>(digestKey(room));
    if (before !== undefined && before.time >= time) continue;
    const position = await readTail(room);
    const here = await listHere(room);
    const digest: Digest = {
      room,
      time,
      position,
      messages: position - (before?.position ?? 0),
      people: new Set(here.map(([, name]) => name)).size,
    };
    await chat.setJson(digestKey(room), digest, { fence: lease.fence });
    broadcast(`room/${room}`, { ...digest, here }, { event: 'digest' });
  }
}
