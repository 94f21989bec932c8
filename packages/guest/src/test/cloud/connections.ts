import type { Message } from 'spiderlightning:cloud/connections@0.6.0';
import { requireHost, toTestMessage } from '../host.ts';

/**
 * `spiderlightning:cloud/connections` in plain Node, where nobody is connected: what is sent is kept for the test to
 * look at.
 */
export function broadcast(channel: string, message: Message): void {
  requireHost('a message was broadcast').sent.push({ channel, ...toTestMessage(message) });
}

export function send(connection: string, message: Message): void {
  requireHost('a message was sent').sent.push({ connection, ...toTestMessage(message) });
}

export function close(_connection: string, _code: number, _reason: string): void {}

export function join(_connection: string, _channel: string): void {}

export function leave(_connection: string, _channel: string): void {}
