/**
 * Looks at the two oldest entries, and throws out what is over; what is not goes to the end. Called whenever one is added, it
 * keeps the map from growing beyond what is in use.
 */
export function sweepOldest<Key, Value>(entries: Map<Key, Value>, isOver: (value: Value) => boolean): void {
  for (const [key, value] of entries.entries().take(2)) {
    entries.delete(key);
    if (!isOver(value)) entries.set(key, value);
  }
}
