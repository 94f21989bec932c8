import type { Component, Instance, MaybePromise } from '@spiderlightning/component';
import { renew, wasiImports } from '@spiderlightning/wasi';
import type { WasiImports, WasiOptions } from '@spiderlightning/wasi';
import { spiderlightningImports } from '../../dialects/spiderlightning/index.ts';
import type { HeldSink, LogSink, PrintSink } from '../../dialects/spiderlightning/index.ts';
import type { Slightfile } from '../../slightfile/model.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { OutgoingSession } from '../../outgoing/client.ts';
import type { RequestWatch } from '../../telemetry/watch.ts';
import type { HeldCommand } from '../../triggers/held/command.ts';
import type { IncomingBody } from '../../triggers/http-message.ts';
import type { Bindings } from '../bind.ts';
import { describeMemory, InstanceStartError } from './failure.ts';
import { isCompatible } from '../import-name.ts';
import { watchLeftOpen } from './left-open.ts';
import type { Log } from '../log/log.ts';
import { placeTranslator, translateBytes } from './source-map.ts';
import { observeOpeners } from '../telemetry.ts';

/** One instance with what is its own: it serves one request at a time. */
export interface Guest {
  readonly instance: Instance;
  /** What it asks of other servers. */
  readonly outgoing: OutgoingSession | undefined;
  /** Which request it serves, for the log, how many lines that has written, and its body where it is on its way. */
  readonly context: {
    id: string | undefined;
    lines: number;
    body?: IncomingBody | undefined;
    /** Follows that request or event, where somebody wants to know. */
    watch?: Pick<RequestWatch, 'context' | 'fail'> | undefined;
    /** The held connection that it ended with the code for a failure of its own: what the SDK does where a handler throws. */
    broke?: string | undefined;
  };
}

/** Makes the instances of an app, and makes them ready for another request. */
export interface Guests {
  /** @throws {InstanceStartError} */
  create(): Promise<Guest>;
  /**
   * Readies a guest whose answer has left for the next request.
   * @returns false where it cannot serve another one: dispose of it
   */
  recycle(guest: Guest): MaybePromise<boolean>;
  dispose(guest: Guest): void;
}

/** Most lines that one request may write into the log: a guest that floods it must not drown the others. */
const mostLines = 1_000;
/** Milliseconds of computing that making an instance may take. */
const startBudget = 10_000;
/** Milliseconds below which another instance is made rather than one put back: small guests, which cost next to nothing. */
const cheap = 0.3;
/** Milliseconds that backends have to let go of what a request left open. */
const patience = 5_000;
/** What a request left open ends in this order, each kind once the one before is gone; then all the rest. */
const endings = ['transaction', 'lease', 'subscription'];

/** The close code for a server that cannot go on. */
const appFailed = 1011;

/** How a guest that is a program meets its user. */
export interface Terminal {
  readonly arguments: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly print: PrintSink;
}

/**
 * @param names of the system's interfaces
 * @param terminal - of a program; what others print goes to the log
 */
export function openGuests(
  component: Component,
  file: Slightfile,
  bindings: Bindings,
  log: Log,
  names: readonly string[],
  held?: HeldSink,
  telemetry?: Telemetry,
  terminal?: Terminal,
): Guests {
  const { limits } = file;
  const keep = file.app.reuse === 'keep';
  const usesSystem = component.imports.some(({ name }) => names.some((each) => isCompatible(each, name)));
  const translate = placeTranslator(file.app.component);
  const observed = telemetry && observeOpeners(bindings.openers, file);
  const systems = new WeakMap<Guest, WasiImports>();
  const told = new WeakMap<Guest, number>();
  const leftOpen = watchLeftOpen(log);
  let cheapest = Infinity;

  async function create(): Promise<Guest> {
    const context: Guest['context'] = { id: undefined, lines: 0 };
    const say: LogSink = (level, message, part, fields) => {
      if (++context.lines > mostLines && terminal === undefined) return;
      const { id, watch } = context;
      const about = { id, trace: watch?.context };
      log.guest(level, translate(message), { ...about, context: part, fields });
      if (context.lines === mostLines && terminal === undefined)
        log.guest('warn', `(only ${mostLines} lines for each request)`, about);
    };
    const line = (text: string) => say('info', text, '', []);
    const print: PrintSink = (to, bytes) =>
      terminal === undefined
        ? say(to === 'stdout' ? 'info' : 'error', Buffer.from(bytes).toString(), '', [])
        : terminal.print(to, translateBytes(bytes, translate));
    const streams = terminal === undefined ? { stdout: line, stderr: line } : streamsOf(terminal);
    // Small guests do without; making it would cost more than the rest of their instance.
    const system = usesSystem ? wasiImports(streams) : undefined;
    const openers = observed?.(telemetry!.calls(() => context.watch)) ?? bindings.openers;
    const outgoing = bindings.outgoing?.open(telemetry?.requests(() => context.watch));
    const sink = held && {
      ...held,
      publish(command: HeldCommand) {
        if (command.type === 'close' && command.code === appFailed) context.broke = command.connection;
        return held.publish(command);
      },
    };
    const imports = {
      ...system,
      ...spiderlightningImports({
        log: say,
        body: () => context.body,
        held: sink,
        outgoing,
        print,
        ...openers,
      }),
    };
    const start = performance.now();
    try {
      const instance = await component.instantiate(imports, {
        memory: limits.memory,
        cpu: startBudget,
        restorable: !keep,
        dropFirst: endings,
      });
      cheapest = Math.min(cheapest, performance.now() - start);
      const guest = { instance, context, outgoing };
      if (system !== undefined) systems.set(guest, system);
      return guest;
    } catch (error) {
      system?.[Symbol.dispose]();
      throw new InstanceStartError('the app could not be instantiated', { cause: error });
    }
  }

  /** To the guest a memory that may not grow is one that the machine has not got: it cannot name the bound. */
  function tellRefused(guest: Guest): void {
    const { memoryRefused } = guest.instance;
    if (memoryRefused <= limits.memory || told.get(guest) === memoryRefused) return;
    told.set(guest, memoryRefused);
    const bound = describeMemory(memoryRefused, limits.memory);
    log.host('warn', `the app ran out of memory: it asked for ${bound}`, {
      id: guest.context.id,
      trace: guest.context.watch?.context,
    });
  }

  function recycle(guest: Guest): MaybePromise<boolean> {
    const { instance } = guest;
    tellRefused(guest);
    if (keep) {
      const good = instance.alive && leftOpen.check(instance, guest.context.id);
      begin(guest);
      return good;
    }
    if (cheapest < cheap || instance.unrestorable !== undefined) return false;
    const restored = instance.restore();
    if (restored instanceof Promise) {
      return within(restored, patience).then((ready) => ready && clear(guest));
    }
    return restored && clear(guest);
  }

  /** Lets nothing of a request reach the next one through the host. */
  function clear(guest: Guest): boolean {
    systems.get(guest)?.[renew]();
    told.delete(guest);
    begin(guest);
    return true;
  }

  function begin({ context, outgoing }: Guest): void {
    outgoing?.end();
    context.id = undefined;
    context.lines = 0;
    context.body = undefined;
    context.watch = undefined;
    context.broke = undefined;
  }

  function dispose(guest: Guest): void {
    tellRefused(guest);
    guest.outgoing?.end();
    guest.instance.dispose();
    systems.get(guest)?.[Symbol.dispose]();
  }

  return { create, recycle, dispose };
}

function streamsOf({ arguments: args, stdin, print }: Terminal): WasiOptions {
  return {
    arguments: ['app', ...args],
    stdin,
    stdout: { write: (bytes) => print('stdout', bytes) },
    stderr: { write: (bytes) => print('stderr', bytes) },
  };
}

/** False where it takes longer than that. */
function within(answer: Promise<boolean>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, false);
    answer.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
