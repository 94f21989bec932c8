import type { HostInterface } from '@spiderlightning/component';
import type {
  Blobs,
  ContainerPage,
  Fence,
  ListOptions,
  ObjectId,
  ObjectInfo,
  ObjectPage,
  PresignOptions,
  Range,
  ReadStream,
  WriteOptions,
  WriteStream,
} from '../../capabilities/blobs/contract.ts';
import type { MaybePromise } from '../../capabilities/core/backend.ts';
import type { Opener } from '../../capabilities/core/capability.ts';
import { CapabilityError } from '../../capabilities/core/error.ts';
import { answer, given, nothing, ok } from './result.ts';
import type { Result } from './result.ts';

/** Streams that one instance may have open at once: each holds a file or a connection. */
const mostStreams = 64;

/** A guest's handle for a container. */
interface Container {
  readonly blobs: Blobs;
  readonly name: string;
}

type ListArguments = [prefix: string | undefined, cursor: string | undefined, limit: number | undefined];

interface WitRange {
  readonly offset: bigint;
  readonly length: bigint | undefined;
}

interface WitWriteOptions {
  readonly contentType: string | undefined;
  readonly onlyIfAbsent: boolean;
  readonly ifVersion: string | undefined;
  readonly fence: Fence | undefined;
}

/** `spiderlightning:cloud/blobs` for one instance: the contract under its names in WIT, and so many streams at once. */
export function blobsInterface(opener: Opener<Blobs>): HostInterface {
  let streams = 0;

  /** The stream counts from when it is asked for until the guest lets go of it. */
  function openStream<T>(
    open: () => MaybePromise<T>,
    lower: (stream: T) => Result = ok,
  ): MaybePromise<Result> {
    const counted = (result: Result): Result => {
      if (result.tag === 'err' || result.val === undefined) streams--;
      return result;
    };
    if (streams >= mostStreams) return answer(refuse, ok);
    streams++;
    const opened = answer(open, lower);
    return opened instanceof Promise ? opened.then(counted) : counted(opened);
  }

  return {
    '[static]blobs.open': (name: string) => answer(() => opener.open(name), ok),
    '[method]blobs.create-container': (blobs: Blobs, name: string) =>
      answer(() => blobs.createContainer(name), nothing),
    '[method]blobs.delete-container': (blobs: Blobs, name: string) =>
      answer(() => blobs.deleteContainer(name), nothing),
    '[method]blobs.container-exists': (blobs: Blobs, name: string) =>
      answer(() => blobs.containerExists(name), ok),
    '[method]blobs.container-info': (blobs: Blobs, name: string) =>
      answer(
        () => blobs.containerInfo(name),
        (info) => ok(info && { name: info.name, created: lowerTime(info.created) }),
      ),
    '[method]blobs.list-containers': (blobs: Blobs, ...page: ListArguments) =>
      answer(() => blobs.listContainers(liftPage(page)), containerPage),
    '[method]blobs.container': (blobs: Blobs, name: string): Container => ({ blobs, name }),
    '[method]blobs.copy': (blobs: Blobs, source: ObjectId, target: ObjectId, fence: Fence | undefined) =>
      answer(() => blobs.copy(source, target, given({ fence })), nothing),
    '[method]blobs.move': (blobs: Blobs, source: ObjectId, target: ObjectId, fence: Fence | undefined) =>
      answer(() => blobs.move(source, target, given({ fence })), nothing),

    '[method]container.read': ({ blobs, name }: Container, object: string, range: WitRange | undefined) =>
      openStream(() => blobs.read(name, object, range && liftRange(range))),
    '[method]container.write': (
      { blobs, name }: Container,
      object: string,
      options: WitWriteOptions | undefined,
    ) => openStream(() => blobs.write(name, object, options && liftOptions(options))),
    '[method]container.delete': ({ blobs, name }: Container, objects: string[], fence: Fence | undefined) =>
      answer(() => blobs.delete(name, objects, given({ fence })), nothing),
    '[method]container.has': ({ blobs, name }: Container, object: string) =>
      answer(() => blobs.has(name, object), ok),
    '[method]container.info': ({ blobs, name }: Container, object: string) =>
      answer(
        () => blobs.info(name, object),
        (info) => ok(info && lowerInfo(info)),
      ),
    '[method]container.list': ({ blobs, name }: Container, ...page: ListArguments) =>
      answer(() => blobs.list(name, liftPage(page)), objectPage),
    '[method]container.clear': ({ blobs, name }: Container) => answer(() => blobs.clear(name), nothing),
    '[method]container.presign': (
      { blobs, name }: Container,
      object: string,
      method: PresignOptions['method'],
      expires: bigint,
    ) => answer(() => blobs.presign(name, object, { method, expires: Number(expires) }), ok),

    '[method]read-stream.info': ({ info }: ReadStream) => lowerInfo(info),
    '[method]read-stream.read': (stream: ReadStream, max: number) => answer(() => stream.read(max), ok),
    '[drop]read-stream': (stream: ReadStream) => {
      streams--;
      return stream.close();
    },

    '[method]write-stream.write': (stream: WriteStream, bytes: Uint8Array) =>
      answer(() => stream.write(bytes), nothing),
    '[method]write-stream.finish': (stream: WriteStream) => answer(() => stream.finish(), ok),
    '[drop]write-stream': (stream: WriteStream) => {
      streams--;
      return stream.abort();
    },
  };
}

function refuse(): never {
  throw new CapabilityError(
    'resource-exhausted',
    `${mostStreams} streams are open. Read or finish some, and let go of them, before you open another one`,
  );
}

const containerPage = ({ containers, cursor }: ContainerPage): Result => ok({ containers, cursor });

const objectPage = ({ objects, cursor }: ObjectPage): Result =>
  ok({
    objects: objects.map(({ name, size, modified }) => ({
      name,
      size: BigInt(size),
      modified: BigInt(modified),
    })),
    cursor,
  });

function lowerInfo({ name, size, created, modified, contentType, version }: ObjectInfo) {
  return {
    name,
    size: BigInt(size),
    created: lowerTime(created),
    modified: BigInt(modified),
    contentType,
    version,
  };
}

function lowerTime(milliseconds: number | undefined): bigint | undefined {
  return milliseconds === undefined ? undefined : BigInt(milliseconds);
}

function liftPage([prefix, cursor, limit]: ListArguments): ListOptions {
  return given({ prefix, cursor, limit });
}

/** What is past 2^53 is past the end of every object; the portable layer refuses it. */
function liftRange({ offset, length }: WitRange): Range {
  return length === undefined
    ? { offset: Number(offset) }
    : { offset: Number(offset), length: Number(length) };
}

function liftOptions({ onlyIfAbsent, ...others }: WitWriteOptions): WriteOptions {
  return { ...given(others), onlyIfAbsent };
}
