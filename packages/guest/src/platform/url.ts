// A module of its own, so that apps that parse no URL leave the parser out.
import { URL as ParserURL, URLSearchParams as ParserParams } from 'whatwg-url-minimum';

/** The parameters of a URL. */
interface Params extends Iterable<[string, string]> {
  readonly size: number;
  append(name: string, value: string): void;
  /** Removes those of that name, or of that name and value. */
  delete(name: string, value?: string): void;
  /** The first value of that name, or null. */
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  /** Leaves one parameter of that name. */
  set(name: string, value: string): void;
  /** Sorts by name; those of one name keep their order. */
  sort(): void;
  forEach(callback: (value: string, name: string, parent: Params) => void): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  /** Without a question mark. */
  toString(): string;
}

/** A URL, in its parts. Setting a part that does not fit changes nothing, as on the Web. */
interface Url {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: Params;
  hash: string;
  toJSON(): string;
  toString(): string;
}

/** URL, by the WHATWG's standard; international names included. */
export const URL = ParserURL as unknown as {
  /** @throws {TypeError} for what is no absolute URL, nor one relative to `base` */
  new (input: string | Url, base?: string | Url): Url;
  canParse(input: string | Url, base?: string | Url): boolean;
  /** Null where the constructor would throw. */
  parse(input: string | Url, base?: string | Url): Url | null;
};

/** URLSearchParams, by the same standard. */
export const URLSearchParams = ParserParams as unknown as {
  new (init?: string | Iterable<readonly [string, string]> | { readonly [name: string]: string }): Params;
};
