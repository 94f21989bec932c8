/** Part of the page's script: how it reaches the hosts. */
export const wireScript = /* js */ `
const sleep = (ms, signal) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
});

/** An answer that no other host would give either. */
class Refused extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

/** Events of a stream, as text comes. */
async function* readEvents(body, touch) {
  let rest = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    touch();
    const parts = (rest + piece).split('\\n\\n');
    rest = parts.pop();
    for (const part of parts) {
      let type = 'message';
      const data = [];
      for (const line of part.split('\\n')) {
        if (line.startsWith('event: ')) type = line.slice(7);
        if (line.startsWith('data: ')) data.push(line.slice(6));
      }
      if (data.length > 0) yield { type, data: JSON.parse(data.join('\\n')) };
    }
  }
}

/** Asks one host after the other, until one answers. */
function createWire({ hosts, getToken, onState }) {
  let at = 0;
  /** Failures since something went well. */
  let failures = 0;
  let woken = new AbortController();

  const wake = () => { woken.abort(); woken = new AbortController(); };
  addEventListener('online', wake);

  /** The same host is tried twice: it may only have been restarted. Pauses grow up to eight seconds, no two pages alike. */
  async function pause() {
    failures++;
    if (failures >= 2) at = (at + 1) % hosts.length;
    onState(failures > 2 * hosts.length ? 'away' : 'seeks');
    await sleep(Math.min(8000, 150 * 2 ** Math.max(0, failures - hosts.length)) * (0.5 + Math.random() / 2), woken.signal);
  }

  function ask(path, { method = 'GET', body, signal } = {}) {
    const token = getToken();
    return fetch(hosts[at] + path, {
      method, signal, cache: 'no-store', credentials: 'omit',
      headers: { ...(token && { authorization: 'Bearer ' + token }), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async function refuse(answer) {
    const { error } = await answer.json().catch(() => ({}));
    return new Refused(answer.status, error ?? 'the host answered ' + answer.status);
  }

  /** Gives the JSON of an answer. Throws Refused for what makes no sense to repeat. */
  async function call(path, options = {}) {
    for (;;) {
      if (options.signal?.aborted) throw new DOMException('no longer wanted', 'AbortError');
      try {
        const signals = [AbortSignal.timeout(15000), ...(options.signal ? [options.signal] : [])];
        const answer = await ask(path, { ...options, signal: AbortSignal.any(signals) });
        if (answer.status === 429) {
          await sleep(Math.min(30, Number(answer.headers.get('retry-after')) || 1) * 1000, options.signal);
          continue;
        }
        if (answer.status < 500) {
          if (!answer.ok) throw await refuse(answer);
          return answer.status === 204 ? undefined : await answer.json();
        }
      } catch (error) {
        if (error instanceof Refused || options.signal?.aborted) throw error;
      }
      await pause();
    }
  }

  /** Follows an event stream over all hosts, until the signal ends it, or a host refuses. */
  async function follow(path, signal, onEvent) {
    while (!signal.aborted) {
      const stream = new AbortController();
      const end = () => stream.abort();
      signal.addEventListener('abort', end, { once: true });
      // The host says something every twenty seconds: a host that is silent for longer is gone.
      let watch = setTimeout(end, 15000);
      const touch = () => { clearTimeout(watch); watch = setTimeout(end, 45000); };
      try {
        const answer = await ask(path, { signal: stream.signal });
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw await refuse(answer);
        if (answer.ok) {
          touch();
          for await (const event of readEvents(answer.body, touch)) {
            if (event.type === 'hello') { failures = 0; onState('here'); }
            onEvent(event, end);
          }
        }
      } catch (error) {
        if (error instanceof Refused) throw error;
      } finally {
        clearTimeout(watch);
        signal.removeEventListener('abort', end);
      }
      if (!signal.aborted) await pause();
    }
  }

  return { call, follow };
}
`;
