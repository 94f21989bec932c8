import type { HostInterface } from '@spiderlightning/component';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'critical';

/** Takes what the guest says. */
export type LogSink = (
  level: LogLevel,
  message: string,
  context: string,
  fields: readonly (readonly [string, string])[],
) => void;

/** `spiderlightning:cloud/logging`. */
export function loggingInterface(sink: LogSink): HostInterface {
  return {
    log(level: LogLevel, context: string, message: string, fields: [string, string][]) {
      sink(level, message, context, fields);
    },
  };
}
