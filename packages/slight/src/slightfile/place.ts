/** Where a bind says that something lives. */
export interface Place {
  /** Its first server, where it names several. */
  readonly url: URL;
  /** All its servers, each as `host` or `host:port`. */
  readonly hosts: readonly string[];
}

/** Scheme and credentials, the first server, the others, the rest. */
const several = /^([a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?)([^/?#@,]+)((?:,[^/?#@,]+)+)([/?#].*)?$/is;

/**
 * Reads a bind that is a URL. Several servers stand between commas (`redis+cluster://a:7000,b:7001/0`), which the URLs of the
 * web do not know.
 * @returns undefined where it is none
 */
export function parsePlace(text: string): Place | undefined {
  const [, before = '', first, others = '', after = ''] = several.exec(text) ?? [];
  const texts =
    first === undefined ? [text] : `${first}${others}`.split(',').map((host) => before + host + after);
  const urls = texts.map((each) => URL.parse(each));
  const [url] = urls;
  if (!url || urls.some((each) => each === null || each.host.includes(','))) return undefined;
  return { url, hosts: urls.flatMap((each) => each!.host || []) };
}
