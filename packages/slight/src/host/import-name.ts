/**
 * Whether an interface under the one name serves an import of the other: the same name, and versions that semver calls
 * compatible.
 */
export function isCompatible(served: string, asked: string): boolean {
  if (served === asked) return true;
  const [name, version] = split(served);
  const [otherName, otherVersion] = split(asked);
  if (name !== otherName || version === undefined || otherVersion === undefined) return false;
  const track = compatibilityTrack(version);
  return track !== undefined && track === compatibilityTrack(otherVersion);
}

function split(name: string): [name: string, version: string | undefined] {
  const at = name.indexOf('@');
  return at < 0 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
}

/** The part of a version that must agree. Pre-releases agree with nothing but themselves. */
function compatibilityTrack(version: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(version);
  if (match === null) return undefined;
  const [, major, minor, patch] = match;
  return major !== '0' ? major : minor !== '0' ? `0.${minor}` : `0.0.${patch}`;
}
