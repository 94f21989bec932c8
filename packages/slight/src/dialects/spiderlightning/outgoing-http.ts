import type { HostInterface } from '@spiderlightning/component';
import type { OutgoingSession } from '../../outgoing/client.ts';
import type { Exchange } from '../../outgoing/exchange.ts';
import type { OutgoingRequest } from '../../outgoing/request.ts';
import { answer, nothing, ok } from './result.ts';

/** What an app imports that asks other servers. */
export const outgoingHttp = 'spiderlightning:cloud/outgoing-http@0.6.0';

type WitBody =
  | { readonly tag: 'none' }
  | { readonly tag: 'bytes'; readonly val: Uint8Array }
  | { readonly tag: 'stream' };

interface WitRequest extends Omit<OutgoingRequest, 'body' | 'timeout'> {
  readonly body: WitBody;
  readonly timeoutMs: number | undefined;
}

const largestRead = 1024 * 1024;

/** `spiderlightning:cloud/outgoing-http`. The exchange itself stands for the guest's handle. */
export function outgoingHttpInterface(session: Pick<OutgoingSession, 'send'>): HostInterface {
  return {
    '[static]exchange.send': ({ body, timeoutMs, ...request }: WitRequest) =>
      answer(() => session.send({ ...request, body: liftBody(body), timeout: timeoutMs }), ok),
    '[method]exchange.write': (exchange: Exchange, bytes: Uint8Array) =>
      answer(() => exchange.write(bytes), nothing),
    '[method]exchange.finish': (exchange: Exchange) => answer(() => exchange.finish(), nothing),
    '[method]exchange.response': (exchange: Exchange) => answer(() => exchange.response(), ok),
    '[method]exchange.read': (exchange: Exchange, max: number) =>
      answer(() => exchange.read(Math.min(max, largestRead)), ok),
    '[drop]exchange': (exchange: Exchange) => exchange.close(),
    wait: waitForAny,
  };
}

function liftBody(body: WitBody): OutgoingRequest['body'] {
  if (body.tag === 'none') return undefined;
  return body.tag === 'stream' ? 'stream' : body.val;
}

function waitForAny(exchanges: readonly Exchange[], milliseconds: number): number[] | Promise<number[]> {
  const find = () => exchanges.flatMap(({ ready }, place) => (ready ? [place] : []));
  const ready = find();
  if (ready.length > 0 || milliseconds === 0) return ready;
  return new Promise((resolve) => {
    const settle = (found: number[]) => {
      clearTimeout(timer);
      for (const end of ends) end();
      resolve(found);
    };
    const timer = setTimeout(settle, milliseconds, []);
    const ends = exchanges.map((exchange) =>
      exchange.listen(() => {
        const found = find();
        if (found.length > 0) settle(found);
      }),
    );
  });
}
