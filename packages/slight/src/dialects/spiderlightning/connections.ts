import type { HostInterface } from '@spiderlightning/component';
import { CapabilityError } from '../../capabilities/core/error.ts';
import type { HeldCommand } from '../../triggers/held/command.ts';
import { failed, nothing } from './result.ts';
import type { Result } from './result.ts';

/** What an app imports that speaks on connections. */
export const connections = 'spiderlightning:cloud/connections@0.6.0';

/** Where commands go. */
export interface HeldSink {
  /** Most bytes of one message. */
  readonly message: number;
  /** Gives a promise where there is no room for more right now. */
  publish(command: HeldCommand): Promise<void> | undefined;
}

export type Content =
  | { readonly tag: 'text'; readonly val: string }
  | { readonly tag: 'binary'; readonly val: Uint8Array };

interface Message {
  readonly content: Content;
  readonly event: string | undefined;
  readonly id: string | undefined;
}

const longestName = 256;
/** Longer than any name that a host gives to a connection. */
const longestId = 64;
/** What a close frame has room for. */
const longestReason = 123;

/** `spiderlightning:cloud/connections`. */
export function connectionsInterface(sink: HeldSink): HostInterface {
  function run(make: () => HeldCommand): Result | Promise<Result> {
    try {
      const pending = sink.publish(make());
      return pending === undefined ? nothing() : pending.then(nothing);
    } catch (error) {
      return failed(error);
    }
  }

  /** What cannot be the name of a connection is one that is gone: nobody need hear of it. */
  const runOn = (connection: string, make: () => HeldCommand) =>
    connection.length > longestId ? nothing() : run(make);

  return {
    broadcast: (channel: string, message: Message) =>
      run(() => ({
        type: 'broadcast',
        channel: checkChannel(channel),
        message: checkMessage(message, sink.message),
      })),
    send: (connection: string, message: Message) =>
      runOn(connection, () => ({ type: 'send', connection, message: checkMessage(message, sink.message) })),
    close: (connection: string, code: number, reason: string) =>
      runOn(connection, () => ({ type: 'close', connection, ...checkClose(code, reason) })),
    join: (connection: string, channel: string) =>
      runOn(connection, () => ({ type: 'join', connection, channel: checkChannel(channel) })),
    leave: (connection: string, channel: string) =>
      runOn(connection, () => ({ type: 'leave', connection, channel: checkChannel(channel) })),
  };
}

function checkChannel(channel: string): string {
  const bytes = Buffer.byteLength(channel);
  if (bytes > 0 && bytes <= longestName) return channel;
  throw invalid(`a channel's name has 1 to ${longestName} bytes, not ${bytes}`);
}

function checkMessage({ content, event, id }: Message, most: number) {
  const { val } = content;
  const bytes = typeof val === 'string' ? Buffer.byteLength(val) : val.length;
  if (bytes > most) throw invalid(`a message has at most limits.message (${most}) bytes, not ${bytes}`);
  return { content: val, event: checkLine('type', event), id: checkLine('id', id) };
}

/** Both stand on lines of their own, and a null byte would make clients ignore the id. */
function checkLine(what: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (Buffer.byteLength(text) > longestName)
    throw invalid(`the ${what} of an event is longer than 256 bytes`);
  if (/[\r\n\0]/.test(text)) throw invalid(`the ${what} of an event has a line break or a null character`);
  return text;
}

function checkClose(code: number, reason: string): { code: number; reason: string } {
  if (code !== 1000 && code !== 1011 && (code < 3000 || code > 4999))
    throw invalid(`an app closes connections with code 1000, 1011 or one from 3000 to 4999, not ${code}`);
  const bytes = Buffer.byteLength(reason);
  if (bytes > longestReason)
    throw invalid(`the reason for a close has at most ${longestReason} bytes, not ${bytes}`);
  return { code, reason };
}

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}
