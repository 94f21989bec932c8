import { Agent, request } from 'node:http';

/** What became of the requests of some clients. */
export interface Outcome {
  readonly answered: number;
  /** Why the others were not, each with what the client saw. */
  readonly lost: readonly string[];
}

/** Clients that ask one thing after another. */
export interface Load {
  /** Lets them finish what they asked. */
  stop(): Promise<Outcome>;
}

/**
 * Any answer but 200 counts as lost; nothing is tried again.
 * @param keep - whether each client keeps its connection as long as it may; otherwise each request has one of its own
 */
export function startLoad(url: string, clients: number, keep = true): Load {
  let over = false;
  let answered = 0;
  const lost: string[] = [];
  const agent = keep && new Agent({ keepAlive: true, maxSockets: clients });

  async function run(): Promise<void> {
    while (!over) {
      try {
        const status = await ask(url, agent);
        if (status === 200) answered++;
        else lost.push(String(status));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        lost.push(code ?? message);
      }
    }
  }

  const running = Array.from({ length: clients }, run);
  return {
    async stop() {
      over = true;
      await Promise.all(running);
      if (agent) agent.destroy();
      return { answered, lost };
    },
  };
}

/** The status of the answer to one request. Without an agent it has a connection of its own. */
export function ask(url: string, agent: Agent | false = false): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (incoming) => {
      incoming.on('error', reject).on('end', () => resolve(incoming.statusCode!));
      incoming.resume();
    });
    outgoing.on('error', reject).end();
  });
}
