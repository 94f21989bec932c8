import type { HeldCommand, HeldMessage } from '../../triggers/held/command.ts';

/**
 * Commands as they go to other hosts: for each the length of its description, that as JSON, the length of its content,
 * that as bytes. So content costs what it weighs.
 */
interface Described {
  readonly command: Omit<HeldCommand, 'message'>;
  readonly message?: Omit<HeldMessage, 'content'> & { readonly binary: boolean };
}

/** One command, in bytes. */
export function encodeCommand(command: HeldCommand): Uint8Array {
  const { message, ...rest } = command as HeldCommand & { message?: HeldMessage };
  const described: Described = {
    command: rest,
    ...(message && {
      message: { event: message.event, id: message.id, binary: typeof message.content !== 'string' },
    }),
  };
  const head = Buffer.from(JSON.stringify(described));
  const content = Buffer.from(message?.content ?? '');
  const frame = Buffer.allocUnsafe(8 + head.length + content.length);
  frame.writeUInt32LE(head.length, 0);
  head.copy(frame, 4);
  frame.writeUInt32LE(content.length, 4 + head.length);
  content.copy(frame, 8 + head.length);
  return frame;
}

/**
 * The commands of one message.
 * @throws {Error} where it is none of ours
 */
export function decodeCommands(bytes: Uint8Array): HeldCommand[] {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const commands: HeldCommand[] = [];
  const take = (at: number): [part: Buffer, next: number] => {
    const end = at + 4 + frame.readUInt32LE(at);
    if (end > frame.length) throw new RangeError('a message between hosts is cut off');
    return [frame.subarray(at + 4, end), end];
  };
  for (let at = 0; at < frame.length;) {
    const [head, afterHead] = take(at);
    const [content, next] = take(afterHead);
    at = next;
    const { command, message } = JSON.parse(head.toString()) as Described;
    if (message === undefined) commands.push(command as HeldCommand);
    else {
      const { event, id, binary } = message;
      const told = { content: binary ? new Uint8Array(content) : content.toString(), event, id };
      commands.push({ ...command, message: told } as HeldCommand);
    }
  }
  return commands;
}
