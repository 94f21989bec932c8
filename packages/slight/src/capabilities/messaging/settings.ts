import type { ConfigField } from '../core/backend.ts';
import type { Need } from '../core/capability.ts';
import { CapabilityError } from '../core/error.ts';
import type { MessagingFeature } from './contract.ts';

/** The settings of every name, whatever its backend. They say what the app needs, and how often it tries. */
export const messagingSettings = {
  delivery: {
    type: 'string',
    doc: 'What the app needs: messages of groups, or broadcasts only',
    choices: ['at-least-once', 'at-most-once'],
  },
  order: {
    type: 'string',
    doc: 'What the app needs: messages of one key reach a group one after the other',
    choices: ['none', 'key'],
    default: 'none',
  },
  durable: { type: 'boolean', doc: 'The app needs what was confirmed to survive', default: false },
  queue: {
    type: 'boolean',
    doc: 'It is one queue: a single group, which is there from the start',
    default: false,
  },
  attempts: { type: 'number', doc: 'Deliveries until a message goes to the dead letter', default: 5 },
  lease: {
    type: 'duration',
    doc: 'Time until a message whose consumer fell silent is given to another',
    default: '30s',
  },
  backoff: {
    type: 'duration',
    doc: 'Pause before the second attempt; it doubles with each, up to five minutes',
    default: '1s',
  },
} as const satisfies { readonly [key: string]: ConfigField };

/** The settings as the portable layer and backends read them. */
export interface MessagingSettings {
  readonly order: 'none' | 'key';
  readonly queue: boolean;
  readonly attempts: number;
  /** Milliseconds. */
  readonly lease: number;
  /** Milliseconds. */
  readonly backoff: number;
}

const leastLease = 100;
const longestLease = 12 * 3_600_000;
const mostAttempts = 1_000;

/**
 * What the settings ask of a backend.
 * @throws {CapabilityError} `invalid-argument` for numbers out of range
 */
export function messagingNeeds(config: {
  readonly [key: string]: unknown;
}): readonly Need<MessagingFeature>[] {
  const { attempts, lease } = readSettings(config);
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > mostAttempts)
    throw invalid(`\`attempts\` is a whole number from 1 to ${mostAttempts}`);
  if (lease < leastLease || lease > longestLease) throw invalid('`lease` is from 100ms to 12h');
  const needs: Need<MessagingFeature>[] = [];
  if (config.delivery === 'at-least-once')
    needs.push({ setting: 'delivery = "at-least-once"', anyOf: ['groups'] });
  if (config.delivery === 'at-most-once')
    needs.push({ setting: 'delivery = "at-most-once"', anyOf: ['broadcast'] });
  if (config.order === 'key') needs.push({ setting: 'order = "key"', anyOf: ['ordered'] });
  if (config.durable === true)
    needs.push({ setting: 'durable = true', anyOf: ['durable', 'durable-server'] });
  if (config.queue === true) needs.push({ setting: 'queue = true', anyOf: ['groups'] });
  return needs;
}

/** For what was checked: `context.config` of a backend, the options of the portable layer. */
export function readSettings(config: { readonly [key: string]: unknown }): MessagingSettings {
  return config as unknown as MessagingSettings;
}

function invalid(message: string): CapabilityError {
  return new CapabilityError('invalid-argument', message);
}
