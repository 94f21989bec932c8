/**
 * Whether a pattern of `subscribe` or `listen` has a topic: `*` stands for one part, `>` at the end for one or more.
 * Parts are separated by dots, as NATS has it.
 */
export function matchesTopic(pattern: string, topic: string): boolean {
  if (pattern === topic || pattern === '>') return true;
  const wanted = pattern.split('.');
  const parts = topic.split('.');
  for (const [index, part] of wanted.entries()) {
    if (part === '>') return parts.length > index;
    if (index >= parts.length || (part !== '*' && part !== parts[index])) return false;
  }
  return wanted.length === parts.length;
}

export function matchesAny(patterns: readonly string[], topic: string): boolean {
  return patterns.some((pattern) => matchesTopic(pattern, topic));
}
