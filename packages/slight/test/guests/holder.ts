import { CapabilityError, json, openLocks, openStore, router } from '@spiderlightning/guest';
import type { Lease } from '@spiderlightning/guest';

// An app that holds a lock for a few writes under its token, whatever fails, and answers with what came of it: the same lines that
// the processes of `test/faults` say.

const locks = openLocks('faults');
const store = openStore('faults');
const pause = (milliseconds: number) => new Promise((wake) => setTimeout(wake, milliseconds));

export default router().post('/hold/:ttl/:wait', async (req) => {
  const [ttlMs, waitMs] = [Number(req.params.ttl), Number(req.params.wait)];
  const lines: object[] = [];

  /** @returns the answer; `failed` where the server could not be asked, `refused` where it said no */
  async function attempt<T>(
    name: string,
    work: () => Promise<T>,
    more: object = {},
  ): Promise<T | 'failed' | 'refused'> {
    const from = Date.now();
    try {
      const answer = await work();
      lines.push({ name, from, until: Date.now(), ...more });
      return answer;
    } catch (error) {
      if (!(error instanceof CapabilityError)) throw error;
      const until = Date.now();
      if (error.code === 'precondition-failed') {
        lines.push({ name, from, until, ...more });
        return 'refused';
      }
      const { code, outcome, message } = error;
      lines.push({ name, from, until, failure: { code, outcome, message }, ...more });
      return 'failed';
    }
  }

  function tell(event: string, lease: Lease, more: object = {}): void {
    const at = Date.now();
    // When it ends the host knows, which says whether it has.
    lines.push({ event, token: lease.token, at, expires: lease.lost ? at : at + 1, ...more });
  }

  async function append(lease: Lease, left: number): Promise<void> {
    const found = await attempt('get-versioned', () => store.getVersioned('list'));
    if (found === 'failed' || found === 'refused') return;
    const text = `${lease.token} guest ${left}`;
    const value = `${found?.text() ?? ''}${text}\n`;
    const { fence } = lease;
    const swap = () => store.compareAndSwap('list', found?.version, value, { fence });
    const result = await attempt('compare-and-swap', swap, { text });
    if (result === 'failed') return;
    if (result === 'refused') tell('refused', lease);
    else if (result.swapped) tell('wrote', lease, { text, left });
  }

  const lease = await attempt('acquire', () => locks.tryAcquire('job', { ttlMs, waitMs }));
  if (lease === undefined || lease === 'failed' || lease === 'refused') return json(lines);
  tell('held', lease);
  for (let left = 2; left > 0; left--) {
    await append(lease, left);
    await pause(Math.random() * 20);
  }
  const before = Date.now();
  const released = await attempt('release', () => lease.release());
  if (released === undefined) tell('released', lease, { before });
  else tell('lost', lease);
  return json(lines);
});
