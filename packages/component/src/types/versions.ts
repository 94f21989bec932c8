/**
 * The part of an interface name that compatible versions share: `wasi:io/poll@0.2` for `wasi:io/poll@0.2.12`. Below 1.0
 * the minor number separates, below 0.1 every number does; a pre-release is compatible with itself alone.
 * @returns undefined where the name has no version that others may stand in for
 */
export function versionTrack(name: string): string | undefined {
  const match = /^(.+)@(\d+)\.(\d+)\.(\d+)(\+[0-9A-Za-z.-]+)?$/.exec(name);
  if (match === null) return undefined;
  const [, base, major, minor, patch] = match;
  if (major !== '0') return `${base}@${major}`;
  if (minor !== '0') return `${base}@0.${minor}`;
  return `${base}@0.0.${patch}`;
}

function versionOf(name: string): number[] {
  return name
    .slice(name.lastIndexOf('@') + 1)
    .split('+', 1)[0]!
    .split('.')
    .map(Number);
}

function isNewer(name: string, than: string): boolean {
  const left = versionOf(name);
  const right = versionOf(than);
  const differs = left.findIndex((number, index) => number !== right[index]);
  return differs >= 0 && left[differs]! > right[differs]!;
}

/** Names by what compatible versions share. Of several on one track the newest stands. */
export function indexByTrack(names: Iterable<string>): Map<string, string> {
  const tracks = new Map<string, string>();
  for (const name of names) {
    const track = versionTrack(name);
    if (track === undefined) continue;
    const other = tracks.get(track);
    if (other === undefined || isNewer(name, other)) tracks.set(track, name);
  }
  return tracks;
}
