/**
 * What this process has acked, of all names. A server that is killed forgets acks that it has confirmed a moment before
 * (all of 2.9 to 2.15 do, whatever their settings), and gives the messages out again.
 */
const acked = new Set<string>();

/** As many as a server can be acked in some seconds. */
const most = 20_000;

/** @param delivery a text that no other delivery has, but those of the same message to the same consumer */
export function noteAcked(delivery: string): void {
  acked.add(delivery);
  if (acked.size <= most) return;
  const [first] = acked;
  acked.delete(first!);
}

export function wasAcked(delivery: string): boolean {
  return acked.has(delivery);
}
