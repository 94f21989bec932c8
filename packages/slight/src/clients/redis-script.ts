import { createHash } from 'node:crypto';

/** A Lua script that runs on the server, as one step of it. All its keys must be in `KEYS`, in one slot. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
  /** It never runs together with others: it may take long, or answer much. */
  readonly alone: boolean;
}

export function defineScript(source: string, { alone = false } = {}): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex'), alone };
}

const together = new Map<RedisScript, RedisScript>();

/**
 * The script that does for many what another does for one, where all have as many keys and arguments. KEYS: those of all, one after
 * the other. ARGV: how many keys and arguments each has, then those of all. Answers what each is answered; where one fails, the
 * others are done all the same.
 */
export function togetherScript(script: RedisScript): RedisScript {
  const made = together.get(script) ?? defineScript(loopOver(script.source));
  together.set(script, made);
  return made;
}

const loopOver = (source: string): string => `
local function one(KEYS, ARGV)
${source}
end
local answers, keyCount, argumentCount = {}, tonumber(ARGV[1]), tonumber(ARGV[2])
for each = 1, #KEYS / keyCount do
  local keys, arguments = {}, {}
  for i = 1, keyCount do keys[i] = KEYS[(each - 1) * keyCount + i] end
  for i = 1, argumentCount do arguments[i] = ARGV[2 + (each - 1) * argumentCount + i] end
  local done, answer = pcall(one, keys, arguments)
  if not done and type(answer) ~= 'table' then answer = { err = tostring(answer) } end
  -- A list ends at its first nil.
  if answer == nil then answer = false end
  answers[each] = answer
end
return answers`;
