import { closeSync, fdatasync, fstatSync, fsync, openSync, read, rmSync, write } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { explainFiles } from '../../../clients/filesystem/files.ts';
import { CapabilityError } from '../../core/error.ts';
import type { Range, ReadStream } from '../contract.ts';
import type { OpenedObject } from './filesystem-objects.ts';

const readBytes = promisify(read);
const writeBytes = promisify(write);
const flush = promisify(fsync);
const flushData = promisify(fdatasync);
/** Bytes after which the disk takes what there is, so that the end of a large object does not wait for all of it. */
const flushEvery = 16 * 1024 * 1024;

/** A `WriteStream` that waits for the disk. */
export interface FileWriter {
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<string>;
  abort(): Promise<void>;
}

/** Reads an open file, and closes it in the end. */
export function readFile({ file, info }: OpenedObject, { offset, length = Infinity }: Range): ReadStream {
  const end = Math.min(info.size, offset + length);
  const closing = closeOnce(() => closeSync(file));
  let at = offset;
  return {
    info,
    read(max) {
      if (at >= end) return undefined;
      return closing.during(async () => {
        const buffer = Buffer.allocUnsafeSlow(Math.min(max, end - at));
        const { bytesRead } = await readBytes(file, buffer, 0, buffer.byteLength, at);
        if (bytesRead === 0)
          throw new CapabilityError('aborted', 'another program cut the file short. Read the object again');
        at += bytesRead;
        return buffer.subarray(0, bytesRead);
      });
    },
    close: closing.close,
  };
}

/**
 * Writes a new file, which is removed in the end.
 * @param finish puts it in its place, once the disk has it
 */
export function writeFile(path: string, finish: (stats: BigIntStats) => Promise<string>): FileWriter {
  const file = openSync(path, 'wx', 0o600);
  const closing = closeOnce(() => {
    closeSync(file);
    rmSync(path, { force: true });
  });
  let size = 0;
  let flushed = 0;

  async function add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await writeBytes(file, bytes, at, bytes.byteLength - at, size);
      at += bytesWritten;
      size += bytesWritten;
    }
    if (size - flushed < flushEvery) return;
    await flushData(file);
    flushed = size;
  }

  return {
    write: (bytes) => closing.during(() => add(bytes)),
    async finish() {
      const version = await closing.during(async () => {
        await flush(file);
        return finish(fstatSync(file, { bigint: true }));
      });
      await closing.close();
      return version;
    },
    abort: closing.close,
  };
}

/** Ends something once, and not while it is in use. */
function closeOnce(end: () => void) {
  let using: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;
  return {
    during<T>(use: () => Promise<T>): Promise<T> {
      if (closed !== undefined) {
        return Promise.reject(new CapabilityError('cancelled', 'the stream is closed'));
      }
      const running = use().catch((error: unknown) => {
        throw explainFiles(error, 'none');
      });
      using = running.catch(() => undefined);
      return running;
    },
    close(): Promise<void> {
      closed ??= using.then(end);
      return closed;
    },
  };
}
