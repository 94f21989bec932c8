import { isTrap } from '@spiderlightning/component';
import { heldHandler, httpStream, nextPiece, tellHeld } from '../../dialects/spiderlightning/index.ts';
import type { Limits } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EventWatch } from '../../telemetry/watch.ts';
import type { HeldEvent, HeldHandler, HeldView } from '../../triggers/held/event.ts';
import { HttpFailure, notHttp } from '../../triggers/http-message.ts';
import type { OutgoingBody } from '../../triggers/http-message.ts';
import { nameFailure, toHttpFailure } from './failure.ts';
import type { Guest } from './guests.ts';
import { isCompatible } from '../import-name.ts';
import { PoolBusyError } from './pool.ts';
import type { Pool } from './pool.ts';

/** Milliseconds after which an event that found no room for it asks again. */
const pause = 50;

/**
 * The body that a guest makes while it is sent. The guest stays with the request until `close`; its limits of time hold
 * for each piece.
 * @param exported - names of what the component exports
 * @throws {HttpFailure} 502 where the guest has no body to give
 */
export function openStream(
  guest: Guest,
  exported: readonly string[],
  limits: Limits,
  signal: AbortSignal,
  release: () => void,
): OutgoingBody {
  if (!exported.some((name) => isCompatible(httpStream, name))) {
    throw notHttp(`the app answered with a stream and does not export ${httpStream}`);
  }
  return {
    kind: 'stream',
    async next() {
      try {
        const piece = await nextPiece(guest.instance, { deadline: limits.deadline, cpu: limits.cpu, signal });
        if (piece.tag === 'bytes') return piece.val;
        if (piece.tag === 'end') return undefined;
        throw new HttpFailure(500, 'The app failed while it answered.', {
          reason: 'the app could not go on with its body',
        });
      } catch (error) {
        if (signal.aborted && isTrap(error) && error.trap === 'cancelled') throw signal.reason;
        guest.context.watch?.fail(nameFailure(error));
        throw toHttpFailure(error, limits);
      }
    },
    close: release,
  };
}

/**
 * Tells guests what happens on connections; undefined where the app does not want to know. An event that finds every
 * instance busy waits, as long as a request would.
 */
export function openHeldHandler(
  pool: Pool<Guest>,
  exported: readonly string[],
  limits: Limits,
  telemetry: Pick<Telemetry, 'watchEvent'> | undefined,
): HeldHandler | undefined {
  if (!exported.some((name) => isCompatible(heldHandler, name))) return undefined;

  async function tell(
    connection: HeldView,
    event: HeldEvent,
    request: string,
    watch: EventWatch | undefined,
  ): Promise<string> {
    const guest = await acquireSoon(pool, performance.now() + limits.deadline);
    guest.context.id = request;
    guest.context.watch = watch;
    try {
      await tellHeld(guest.instance, connection, event, { deadline: limits.deadline, cpu: limits.cpu });
      return guest.context.broke === connection.id ? 'error' : 'ok';
    } finally {
      pool.release(guest);
    }
  }

  return async (connection, event, { request, trace }) => {
    const began = performance.now();
    const watch = telemetry?.watchEvent({
      trigger: 'connection',
      name: event.type,
      id: request,
      link: trace,
    });
    let outcome = 'error';
    try {
      outcome = await tell(connection, event, request, watch);
    } catch (error) {
      outcome = nameFailure(error);
      watch?.fail(outcome);
      const { reason, message } = toHttpFailure(error, limits);
      throw new Error(reason ?? message, { cause: error });
    } finally {
      watch?.end(outcome, performance.now() - began);
    }
  };
}

/**
 * A guest for an event: where every instance is busy it waits until that time (`performance.now()`).
 * @throws {PoolBusyError} @throws the signal's reason
 */
export async function acquireSoon(pool: Pool<Guest>, until: number, signal?: AbortSignal): Promise<Guest> {
  for (;;) {
    try {
      return await pool.acquire(until, signal);
    } catch (error) {
      if (!(error instanceof PoolBusyError) || performance.now() + pause > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
