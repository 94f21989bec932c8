import type { Message } from 'spiderlightning:cloud/connections@0.6.0';
import { checkChannel, checkEnd } from '../held-rules.ts';
import { requireHost, toTestMessage } from '../host.ts';

/**
 * `spiderlightning:cloud/connections` in plain Node: it reaches the connections that the test has opened, and what is sent is
 * kept for the test to look at.
 */
export function broadcast(channel: string, message: Message): void {
  const { sent, held } = requireHost('a message was broadcast');
  checkChannel(channel);
  sent.push({ channel, ...toTestMessage(message) });
  held?.broadcast(channel, message);
}

export function send(connection: string, message: Message): void {
  const { sent, held } = requireHost('a message was sent');
  sent.push({ connection, ...toTestMessage(message) });
  held?.send(connection, message);
}

export function close(connection: string, code: number, reason: string): void {
  const { held } = requireHost('a connection was closed');
  checkEnd(code, reason);
  held?.close(connection, code, reason);
}

export function join(connection: string, channel: string): void {
  requireHost('a connection joined a channel').held?.join(connection, checkChannel(channel));
}

export function leave(connection: string, channel: string): void {
  requireHost('a connection left a channel').held?.leave(connection, checkChannel(channel));
}
