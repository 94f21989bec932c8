import { describeBind, findBackend, openCapability } from '../capabilities/core/open.ts';
import type { Messaging } from '../capabilities/messaging/contract.ts';
import { messagingSettings } from '../capabilities/messaging/settings.ts';
import type { Slightfile } from '../slightfile/model.ts';
import { parseDuration } from '../slightfile/units.ts';
import { dataFolder } from './folders.ts';
import { describeBindFailure } from './bind-failure.ts';
import { describeComplaint } from '../slightfile/complaint.ts';
import { showPath } from '../slightfile/show-place.ts';
import { StartError } from './log/start-error.ts';

export type { DeadLetter, Messaging } from '../capabilities/messaging/contract.ts';

/** Milliseconds for one operation. */
const timeout = 10_000;

export interface OpenedMessages {
  readonly messages: Messaging;
  /** Milliseconds until what a host was given is given to another, where it says nothing. */
  readonly lease: number;
}

/**
 * Opens messages of an app, which may be running, from beside it: for whoever looks after it.
 * @throws {StartError} where the slightfile has no such name, or where they are in the memory of the app
 */
export async function openMessagesOf(file: Slightfile, name: string): Promise<OpenedMessages> {
  const binds = file.messaging ?? {};
  const bind = Object.hasOwn(binds, name) ? binds[name] : undefined;
  if (bind === undefined) {
    const names = Object.keys(binds).join(', ');
    throw new StartError(
      `${showPath(file.path!)} has no messages "${name}"\n` +
        (names === ''
          ? `  fix: add ${name} = "sqlite", or where else it lives, below [messaging]`
          : `  fix: name one that it has: ${names}`),
    );
  }
  const { features } = await orStartError(findBackend('messaging', bind));
  if (!features.has('shared')) {
    const what =
      `${describeBind('messaging', bind)} is in the memory of the app, where nobody else can look\n` +
      '  fix: bind it to a place that processes share, such as "sqlite"';
    throw new StartError(describeComplaint(file, bind.position, what));
  }
  const messages = await orStartError(
    openCapability('messaging', bind, { dataDir: dataFolder(file), timeout }),
  );
  const { lease = messagingSettings.lease.default } = bind.config;
  // It was checked when it was opened.
  return { messages, lease: parseDuration(String(lease))! };

  async function orStartError<T>(opening: Promise<T>): Promise<T> {
    try {
      return await opening;
    } catch (error) {
      throw new StartError(describeBindFailure(file, bind!, error), { cause: error });
    }
  }
}
