import { HttpError } from './error.ts';
import { readMultipart } from './multipart.ts';
import { RequestQuery } from './request.ts';
import type { GuestRequest } from './request.ts';
import { TextDecoder } from './platform/text.ts';

/** A file of a form. */
export interface FormFile {
  /** As the client calls it; not fit to be a path. */
  readonly name: string;
  /** The media type that the client claims. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The content as UTF-8. */
  text(): string;
}

/** What a form may hold; beyond it the answer is 413. The host's `limits.body` bounds the whole. */
export interface FormLimits {
  /** Fields and files together. Default 1,000. */
  readonly parts?: number;
  /** Bytes of one field that is no file. Default 1 MiB. */
  readonly fieldBytes?: number;
  /** Bytes of one file. Default: what the host lets through. */
  readonly fileBytes?: number;
}

/** The fields and files of a form, in the order in which they were sent. A name may stand more than once. */
export class RequestForm implements Iterable<readonly [string, string | FormFile]> {
  readonly #entries: readonly (readonly [string, string | FormFile])[];

  constructor(entries: readonly (readonly [string, string | FormFile])[]) {
    this.#entries = entries;
  }

  /** The first field of that name that is no file. */
  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): string[] {
    return this.#of(name).filter((value) => typeof value === 'string');
  }

  /** The first file of that name. A field for files in which none was chosen has none. */
  file(name: string): FormFile | undefined {
    return this.files(name)[0];
  }

  files(name: string): FormFile[] {
    return this.#of(name).filter((value) => typeof value !== 'string');
  }

  has(name: string): boolean {
    return this.#of(name).length > 0;
  }

  [Symbol.iterator](): Iterator<readonly [string, string | FormFile]> {
    return this.#entries[Symbol.iterator]();
  }

  #of(name: string): (string | FormFile)[] {
    return this.#entries.filter(([key]) => key === name).map(([, value]) => value);
  }
}

/**
 * Reads the body as a form, as pages send it: `application/x-www-form-urlencoded` or `multipart/form-data`.
 * @throws {HttpError} 415 for other bodies, 400 for a broken one, 413 beyond the limits
 */
export async function readForm(req: GuestRequest<any>, limits: FormLimits = {}): Promise<RequestForm> {
  const { parts = 1_000, fieldBytes = 1024 * 1024, fileBytes = Number.POSITIVE_INFINITY } = limits;
  const type = req.headers.get('content-type') ?? '';
  const [media = ''] = type.toLowerCase().split(';');
  const entries: (readonly [string, string | FormFile])[] = [];
  const add = (name: string, value: string | FormFile, bytes: number, most: number) => {
    if (entries.length === parts) throw new HttpError(413, `a form has at most ${parts} fields`);
    if (bytes > most)
      throw new HttpError(
        413,
        `the field ${JSON.stringify(name)} has ${bytes} bytes; at most ${most} are taken`,
      );
    entries.push([name, value]);
  };
  switch (media.trim()) {
    case 'application/x-www-form-urlencoded':
      // Of what is longer than its value, the encoding is the most that it can be.
      for (const [name, value] of new RequestQuery(await req.text()))
        add(name, value, value.length, fieldBytes);
      break;
    case 'multipart/form-data':
      for (const part of readMultipart(await req.bytes(), type)) {
        const { length } = part.bytes;
        if (part.filename === undefined) add(part.name, decode(part.bytes), length, fieldBytes);
        else if (part.filename !== '' || length > 0) add(part.name, toFile(part), length, fileBytes);
      }
      break;
    default:
      throw new HttpError(
        415,
        `send a form (application/x-www-form-urlencoded or multipart/form-data), not ${type === '' ? 'a body without content-type' : type}`,
      );
  }
  return new RequestForm(entries);
}

function toFile({
  filename = '',
  type,
  bytes,
}: {
  filename?: string;
  type: string;
  bytes: Uint8Array;
}): FormFile {
  return { name: filename, type, bytes, text: () => decode(bytes) };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
