import type { MaybePromise } from '../core/backend.ts';
import { CapabilityError } from '../core/error.ts';
import { checkFence } from '../core/fence.ts';
import { openInTime } from '../core/in-time.ts';
import { portableTools, type PortableOptions, type PortableTools } from '../core/portable.ts';
import type {
  GuardOptions,
  Blobs,
  BlobsFeature,
  ObjectId,
  ReadStream,
  WriteOptions,
  WriteStream,
} from './contract.ts';
import {
  checkContainer,
  checkId,
  checkListOptions,
  checkMax,
  checkNames,
  checkObject,
  checkPiece,
  checkPresign,
  checkRange,
  checkWriteOptions,
  noObject,
} from './validate.ts';

type Run = PortableTools<BlobsFeature>['run'];

/**
 * What every backend of blobs needs alike, round one of them: arguments are checked, features that it does not declare
 * are `unsupported`, operations end at their deadline and are repeated where that is safe, streams that broke are of no
 * use any more. A backend that answers at once is still answered at once; then errors are thrown, not rejected.
 */
export function portableBlobs(backend: Blobs, options: PortableOptions<BlobsFeature>): Blobs {
  const { run, need, opened } = portableTools(backend, options);

  function checkGuard({ fence }: GuardOptions): void {
    if (fence === undefined) return;
    need('fence');
    checkFence(fence);
  }

  function checkConditions(how: WriteOptions): void {
    if (how.onlyIfAbsent) need('only-if-absent');
    if (how.ifVersion !== undefined) need('if-version');
    checkWriteOptions(how);
    checkGuard(how);
  }

  return {
    createContainer: (name) =>
      run(
        'create-container',
        'writes',
        () => checkContainer(name),
        () => backend.createContainer(name),
      ),
    deleteContainer: (name) =>
      run(
        'delete-container',
        'writes',
        () => checkContainer(name),
        () => backend.deleteContainer(name),
      ),
    containerExists: (name) =>
      run(
        'container-exists',
        'reads',
        () => checkContainer(name),
        () => backend.containerExists(name),
      ),
    containerInfo: (name) =>
      run(
        'container-info',
        'reads',
        () => checkContainer(name),
        () => backend.containerInfo(name),
      ),
    listContainers: (how = {}) => {
      let page = how;
      const check = () => void (page = checkListOptions(how));
      return run('list-containers', 'reads', check, () => backend.listContainers(page));
    },
    read(container, name, range) {
      const check = () => {
        checkObject(container, name);
        if (range !== undefined) checkRange(range);
      };
      const stream = openStream(run, 'read', check, () => backend.read(container, name, range), closeRead);
      return map(stream, (found) => found && portableRead(found, run));
    },
    write(container, name, how = {}) {
      const check = () => {
        checkObject(container, name);
        checkConditions(how);
      };
      const stream = openStream(run, 'write', check, () => backend.write(container, name, how), abortWrite);
      return map(stream, (begun) => portableWrite(begun, run));
    },
    delete(container, names, how = {}) {
      const check = () => {
        checkNames(container, names);
        checkGuard(how);
      };
      return run('delete', 'writes', check, () => backend.delete(container, names, how));
    },
    has: (container, name) =>
      run(
        'has',
        'reads',
        () => checkObject(container, name),
        () => backend.has(container, name),
      ),
    info: (container, name) =>
      run(
        'info',
        'reads',
        () => checkObject(container, name),
        () => backend.info(container, name),
      ),
    list(container, how = {}) {
      let page = how;
      const check = () => {
        checkContainer(container);
        page = checkListOptions(how);
      };
      return run('list', 'reads', check, () => backend.list(container, page));
    },
    clear: (container) =>
      run(
        'clear',
        'writes',
        () => checkContainer(container),
        () => backend.clear(container),
      ),
    copy(source, target, how = {}) {
      const check = () => {
        [source, target].forEach(checkId);
        checkGuard(how);
      };
      return run('copy', 'writes', check, () => backend.copy(source, target, how));
    },
    move(source, target, how = {}) {
      const check = () => {
        [source, target].forEach(checkId);
        checkGuard(how);
      };
      return run('move', 'writes', check, () => moveObject(backend, source, target, how));
    },
    presign(container, name, how) {
      const check = () => {
        need('presign');
        checkObject(container, name);
        checkPresign(how);
      };
      return run('presign', 'reads', check, () => backend.presign(container, name, how));
    },
    ...opened,
  };
}

const closeRead = (stream: ReadStream | undefined) => stream?.close();
const abortWrite = (stream: WriteStream) => stream.abort();

function map<T, U>(value: MaybePromise<T>, change: (value: T) => U): MaybePromise<U> {
  return value instanceof Promise ? value.then(change) : change(value);
}

/** For the ends of streams: whoever lets go of one can do nothing about it if that fails. */
function quietly(end: () => MaybePromise<void>): MaybePromise<void> {
  try {
    const ended = end();
    return ended instanceof Promise ? ended.catch(() => undefined) : ended;
  } catch {
    return undefined;
  }
}

/** Nothing is written yet, so beginning a stream may be repeated. */
function openStream<T>(
  run: Run,
  operation: string,
  check: () => void,
  open: () => MaybePromise<T>,
  end: (stream: T) => MaybePromise<void>,
): MaybePromise<T> {
  return openInTime((begin) => run(operation, 'reads', check, begin), open, end);
}

function moveObject(
  backend: Blobs,
  source: ObjectId,
  target: ObjectId,
  how: GuardOptions,
): MaybePromise<void> {
  if (source.container !== target.container || source.name !== target.name)
    return backend.move(source, target, how);
  return map(backend.has(source.container, source.name), (found) => {
    if (!found) throw noObject(source);
  });
}

function portableRead(stream: ReadStream, run: Run): ReadStream {
  let closed = false;
  return {
    info: stream.info,
    read(wanted) {
      let max = 0;
      const check = () => {
        if (closed) throw new CapabilityError('cancelled', 'the stream is closed. Read the object again');
        max = checkMax(wanted);
      };
      return run('read', 'reads', check, () => stream.read(max));
    },
    close() {
      closed = true;
      return quietly(() => stream.close());
    },
  };
}

function portableWrite(stream: WriteStream, run: Run): WriteStream {
  let over: string | undefined;

  /** One that failed is of no use any more, and leaves nothing. Why it failed matters more than how it is let go of. */
  function breakOff(error: unknown): never {
    over = 'the stream broke before';
    void quietly(() => stream.abort());
    throw error;
  }

  function step<T>(operation: string, check: () => void, call: () => MaybePromise<T>): MaybePromise<T> {
    let begun = false;
    try {
      const done = run(
        operation,
        'writes-once',
        () => {
          if (over !== undefined) throw new CapabilityError('cancelled', `${over}. Begin to write anew`);
          check();
          begun = true;
        },
        call,
      );
      return done instanceof Promise ? done.catch(breakOff) : done;
    } catch (error) {
      return begun ? breakOff(error) : raise(error);
    }
  }

  return {
    write: (bytes) =>
      step(
        'write',
        () => checkPiece(bytes),
        () => stream.write(bytes),
      ),
    finish: () =>
      map(
        step(
          'finish',
          () => undefined,
          () => stream.finish(),
        ),
        (version) => {
          over = 'the object is finished';
          return version;
        },
      ),
    abort() {
      over ??= 'the stream was aborted';
      return quietly(() => stream.abort());
    },
  };
}

function raise(error: unknown): never {
  throw error;
}
