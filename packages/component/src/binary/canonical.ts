import { readCoreValueType } from './core-types.ts';
import type { Reader } from './reader.ts';
import type { Canonical, CanonicalOptionsSyntax } from './syntax.ts';
import { readResult } from './types.ts';

/** What follows the opcode of a built-in that links but cannot be called: read, checked, and not kept. */
type Operand = 'type' | 'memory' | 'table' | 'options' | 'async' | 'cancellable' | 'shared';

const builtins = new Map<number, readonly [name: string, ...operands: Operand[]]>([
  [0x05, ['task.cancel']],
  [0x06, ['subtask.cancel', 'async']],
  [0x08, ['backpressure.set']],
  [0x0c, ['thread.yield', 'cancellable']],
  [0x0d, ['subtask.drop']],
  [0x0e, ['stream.new', 'type']],
  [0x0f, ['stream.read', 'type', 'options']],
  [0x10, ['stream.write', 'type', 'options']],
  [0x11, ['stream.cancel-read', 'type', 'async']],
  [0x12, ['stream.cancel-write', 'type', 'async']],
  [0x13, ['stream.drop-readable', 'type']],
  [0x14, ['stream.drop-writable', 'type']],
  [0x15, ['future.new', 'type']],
  [0x16, ['future.read', 'type', 'options']],
  [0x17, ['future.write', 'type', 'options']],
  [0x18, ['future.cancel-read', 'type', 'async']],
  [0x19, ['future.cancel-write', 'type', 'async']],
  [0x1a, ['future.drop-readable', 'type']],
  [0x1b, ['future.drop-writable', 'type']],
  [0x1c, ['error-context.new', 'options']],
  [0x1d, ['error-context.debug-message', 'options']],
  [0x1e, ['error-context.drop']],
  [0x1f, ['waitable-set.new']],
  [0x20, ['waitable-set.wait', 'cancellable', 'memory']],
  [0x21, ['waitable-set.poll', 'cancellable', 'memory']],
  [0x22, ['waitable-set.drop']],
  [0x23, ['waitable.join']],
  [0x24, ['backpressure.inc']],
  [0x25, ['backpressure.dec']],
  [0x26, ['thread.index']],
  [0x27, ['thread.new-indirect', 'type', 'table']],
  [0x28, ['thread.resume-later']],
  [0x29, ['thread.suspend', 'cancellable']],
  [0x2a, ['thread.suspend-then-resume', 'cancellable']],
  [0x2b, ['thread.yield-then-resume', 'cancellable']],
  [0x2c, ['thread.suspend-then-promote', 'cancellable']],
  [0x2d, ['thread.yield-then-promote', 'cancellable']],
  [0x40, ['thread.spawn-ref', 'shared', 'type']],
  [0x41, ['thread.spawn-indirect', 'shared', 'type', 'table']],
  [0x42, ['thread.available-parallelism', 'shared']],
]);

export function readCanonical(reader: Reader): Canonical {
  const offset = reader.position;
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00: {
      reader.expect(0x00, 'canonical function lift');
      return { kind: 'lift', func: reader.u32(), options: readOptions(reader), type: reader.u32() };
    }
    case 0x01:
      reader.expect(0x00, 'canonical function lower');
      return { kind: 'lower', func: reader.u32(), options: readOptions(reader) };
    case 0x02:
      return { kind: 'resource.new', resource: reader.u32() };
    case 0x03:
      return { kind: 'resource.drop', resource: reader.u32() };
    case 0x04:
      return { kind: 'resource.rep', resource: reader.u32() };
    case 0x09:
      return { kind: 'task.return', result: readResult(reader), options: readOptions(reader) };
    case 0x0a:
    case 0x0b: {
      const type = readCoreValueType(reader);
      if (type !== 'i32')
        reader.fail(`A context slot of type ${type} is not supported`, offset, 'unsupported');
      const slot = reader.u32();
      if (slot > 1) reader.fail(`Context slot ${slot}; there are two`, offset, 'invalid');
      return { kind: opcode === 0x0a ? 'context.get' : 'context.set', slot };
    }
    default: {
      const builtin = builtins.get(opcode);
      if (builtin === undefined) return reader.failByte(opcode, 'canonical function');
      const [name, ...operands] = builtin;
      for (const operand of operands) readOperand(reader, operand);
      return { kind: 'builtin', name };
    }
  }
}

function readOperand(reader: Reader, operand: Operand): void {
  if (operand === 'options') readOptions(reader);
  else if (operand === 'type' || operand === 'memory' || operand === 'table') reader.u32();
  else reader.flag(`The ${operand} mark of a built-in`);
}

function readOptions(reader: Reader): CanonicalOptionsSyntax {
  const offset = reader.position;
  const options = {
    encoding: undefined as CanonicalOptionsSyntax['encoding'] | undefined,
    memory: undefined as number | undefined,
    realloc: undefined as number | undefined,
    postReturn: undefined as number | undefined,
    async: undefined as boolean | undefined,
    callback: undefined as number | undefined,
  };
  const set = <K extends keyof typeof options>(key: K, value: (typeof options)[K]): void => {
    const before = options[key];
    if (key === 'encoding' && before !== undefined && before !== value) {
      const [one, other] = [before, value].map((name) => String(name).replace('+', '-'));
      reader.fail(
        `canonical encoding option \`${one}\` conflicts with option \`${other}\``,
        offset,
        'invalid',
      );
    }
    if (before !== undefined) {
      const name = key === 'postReturn' ? 'post-return' : key;
      reader.fail(`canonical option \`${name}\` is specified more than once`, offset, 'invalid');
    }
    options[key] = value;
  };
  const count = reader.count('canonical options');
  for (let index = 0; index < count; index++) {
    const form = reader.byte();
    if (form === 0x00) set('encoding', 'utf8');
    else if (form === 0x01) set('encoding', 'utf16');
    else if (form === 0x02) set('encoding', 'latin1+utf16');
    else if (form === 0x03) set('memory', reader.u32());
    else if (form === 0x04) set('realloc', reader.u32());
    else if (form === 0x05) set('postReturn', reader.u32());
    else if (form === 0x06) set('async', true);
    else if (form === 0x07) set('callback', reader.u32());
    else reader.failByte(form, 'canonical option');
  }
  if (options.realloc !== undefined && options.memory === undefined) {
    reader.fail('canonical option `realloc` requires `memory` to also be specified', offset, 'invalid');
  }
  if (options.callback !== undefined && options.async !== true) {
    reader.fail('The canonical option callback needs async', offset, 'invalid');
  }
  if (options.postReturn !== undefined && options.async === true) {
    reader.fail('The canonical options post-return and async exclude each other', offset, 'invalid');
  }
  return { ...options, encoding: options.encoding ?? 'utf8', async: options.async ?? false };
}
