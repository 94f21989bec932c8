import { defineScript, type RedisScript } from '../../../clients/redis.ts';
import { publishOnceWindow } from '../contract.ts';

/**
 * Where a name's messages lie, all in one slot of a cluster.
 *
 * Of the name: `meta`, a hash (topics of each group as JSON; `:version`, another text whenever those change; `:order`; `:seq`, the last
 * number given; `:rubbish:<name>`, what removed groups left), and `bodies`, a hash (number: message; `<number>#`: for how many groups it is kept, where those are several).
 *
 * Of a group, whose members are `<number>` or `<number>.<key, percent-encoded>`: `due`, a sorted set of what waits, by the time from which
 * it may be given out; `leases`, one of what is out, by the end of the lease; `state`, a hash (member: attempts, and the lease while
 * it is out, or time and reason when it is dead; `.<key>`: the member that is the first of its key, in an order by key); `line`, a sorted set
 * of what waits for an older one of its key, as `<key> <number> <due>`; `dead`, a sorted set by burial; `ids` of those, as
 * `<id>\n<member>`.
 *
 * On a server whose memory is full, a script may write where its first write frees some: so receive, ack and the like begin with a
 * removal. Bells are rung by `pcall`: a user without rights to channels is served all the same, by those who look from time to time.
 */
export const nameParts = ['meta', 'bodies'] as const;
export const groupParts = ['due', 'leases', 'state', 'line', 'dead', 'ids'] as const;
export type Part = (typeof nameParts)[number] | (typeof groupParts)[number];

export interface GroupScript {
  readonly script: RedisScript;
  /** Its keys. */
  readonly parts: readonly Part[];
}

/** Bytes: an answer has no more messages than fit, or one. */
export const largestAnswer = 16 * 1024 * 1024;

const time = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- A part of this millisecond is over already.
local function after(delay) return now + (delay > 0 and delay + 1 or 0) end
`;

/**
 * The keys are there under the names of their parts.
 * @param alone as of `defineScript`
 */
export function defineGroupScript(
  parts: readonly Part[],
  source: string,
  how: { readonly alone?: boolean } = {},
): GroupScript {
  const names = `local ${parts.join(', ')} = ${parts.map((_, index) => `KEYS[${index + 1}]`).join(', ')}`;
  return { parts, script: defineScript(names + time + source, how) };
}

/** Only the first of a key is due; those behind it stand in line. */
export const put = `
local function put(due, line, state, seq, key, at, ordered)
  local member = key == '' and seq or seq .. '.' .. key
  if ordered and key ~= '' and redis.call('HSETNX', state, '.' .. key, member) == 0 then
    redis.call('ZADD', line, 0, key .. ' ' .. seq .. ' ' .. string.format('%.0f', at))
  else
    redis.call('ZADD', due, at, member)
  end
end
local function number(meta) return string.format('%014d', redis.call('HINCRBY', meta, ':seq', 1)) end
`;

/** Its attempts, where the lease still holds. */
export const held = `
local function held(member, lease)
  local attempts, holder = string.match(redis.call('HGET', state, member) or '', '^(%d+) (%S+)$')
  if holder ~= lease then return nil end
  local ends = redis.call('ZSCORE', leases, member)
  return ends and tonumber(ends) > now and attempts
end
`;

/** A group keeps a message no longer: the last one takes it away. */
export const drop = `
local function drop(member)
  local seq = string.sub(member, 1, 14)
  local left = redis.call('HGET', bodies, seq .. '#')
  if left and tonumber(left) > 1 then
    redis.call('HINCRBY', bodies, seq .. '#', -1)
  else
    redis.call('HDEL', bodies, seq, seq .. '#')
  end
end
`;

/** The member is done with: the next one of its key may be given out. */
export const goOn = `
local function goOn(member, bell)
  local key = string.match(member, '^%d+%.(.+)$')
  if not key or redis.call('HGET', state, '.' .. key) ~= member then return end
  local following = redis.call('ZRANGEBYLEX', line, '[' .. key .. ' ', '(' .. key .. '!', 'LIMIT', 0, 1)[1]
  if not following then
    redis.call('HDEL', state, '.' .. key)
    return
  end
  local seq, at = string.match(following, ' (%d+) (%d+)$')
  redis.call('ZREM', line, following)
  redis.call('HSET', state, '.' .. key, seq .. '.' .. key)
  redis.call('ZADD', due, at, seq .. '.' .. key)
  redis.pcall('PUBLISH', bell, '')
end
`;

export const groupExists = `
if redis.call('HEXISTS', meta, ARGV[1]) == 0 then return false end
`;

/**
 * KEYS: meta, bodies, with an id that id's; then due, line and state of each group that has the topic.
 * ARGV: version, message, key, delay, '1' with an id, the bells of the groups. Answers the number of groups (0 for a repeated
 * id), or meta where the groups are others by now.
 */
export const publishScript = defineScript(`${time}${put}
local meta, bodies, first = KEYS[1], KEYS[2], 2
if (redis.call('HGET', meta, ':version') or '') ~= ARGV[1] then return redis.call('HGETALL', meta) end
if ARGV[5] == '1' then
  first = 3
  if not redis.call('SET', KEYS[3], '', 'NX', 'PX', ${publishOnceWindow}) then return 0 end
end
local groups = (#KEYS - first) / 3
if groups == 0 then return 0 end
local seq, at = number(meta), after(tonumber(ARGV[4]))
local ordered = ARGV[3] ~= '' and redis.call('HGET', meta, ':order') == 'key'
redis.call('HSET', bodies, seq, ARGV[2])
if groups > 1 then redis.call('HSET', bodies, seq .. '#', groups) end
for i = 1, groups do
  local at_ = first + i * 3
  put(KEYS[at_ - 2], KEYS[at_ - 1], KEYS[at_], seq, ARGV[3], at, ordered)
  redis.pcall('PUBLISH', ARGV[5 + i], '')
end
return groups`);

/** Answers meta. It is a script, since its answer is the same in every protocol that the server may speak. */
export const groupsScript = defineScript(`return redis.call('HGETALL', KEYS[1])`);

/** ARGV: group, topics, a new version, order where it is the first group. */
export const subscribeScript = defineGroupScript(
  ['meta'],
  `
if redis.call('HGET', meta, ARGV[1]) == ARGV[2] then return 0 end
redis.call('HSET', meta, ARGV[1], ARGV[2], ':version', ARGV[3])
return redis.call('HSETNX', meta, ':order', ARGV[4])`,
);

/** What a removed group leaves: its messages, of which others may have some. */
export const rubbishParts = ['due', 'leases', 'dead', 'line'] as const satisfies readonly Part[];

/** Where nothing has to be known any more, all is gone. */
const leave = `
local function leave()
  for _, field in ipairs(redis.call('HKEYS', meta)) do
    if string.sub(field, 1, 1) ~= ':' or string.sub(field, 1, 9) == ':rubbish:' then return false end
  end
  redis.call('UNLINK', meta, bodies)
  return true
end
`;

/**
 * KEYS: those of the parts, then of \`rubbishParts\` where they are put. ARGV: group, a new version, bell, name of the rubbish. Answers 1 where
 * there is rubbish.
 */
export const unsubscribeScript = defineGroupScript(
  [...nameParts, ...groupParts],
  `${leave}
if redis.call('HDEL', meta, ARGV[1]) == 0 then return 0 end
redis.call('HSET', meta, ':version', ARGV[2])
redis.pcall('PUBLISH', ARGV[3], '')
redis.call('UNLINK', state, ids)
if leave() then return redis.call('UNLINK', due, leases, line, dead) and 0 end
redis.call('HSET', meta, ':rubbish:' .. ARGV[4], 1)
for i, set in ipairs({ ${rubbishParts.join(', ')} }) do
  if redis.call('EXISTS', set) == 1 then redis.call('RENAME', set, KEYS[${nameParts.length + groupParts.length} + i]) end
end
return 1`,
);

/** Messages that one script throws away: a group may have a million, and the server does nothing else meanwhile. */
const sweptAtOnce = 1_000;

/** KEYS: meta, bodies, the rubbish. ARGV: its name. Answers 1 where there is more. */
export const sweepScript = defineScript(
  `
local meta, bodies = KEYS[1], KEYS[2]
${drop}${leave}
local left = ${sweptAtOnce}
for i = 3, #KEYS do
  local found = left > 0 and redis.call('ZPOPMIN', KEYS[i], left) or {}
  for j = 1, #found, 2 do drop(string.match(found[j], ' (%d+) ') or found[j]) end
  left = left - #found / 2
end
if left == 0 then return 1 end
redis.call('HDEL', meta, ':rubbish:' .. ARGV[1])
leave()
return 0`,
  { alone: true },
);

/**
 * ARGV: group, max, lease in ms, its name. Answers ms until there is more (-1: nothing is to come), then member, attempt and message
 * of each.
 */
export const receiveScript = defineGroupScript(
  ['meta', 'bodies', 'due', 'leases', 'state'],
  `${groupExists}
local max, bytes, answer = tonumber(ARGV[2]), 0, { 0 }
local function give(set)
  if max == 0 then return end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', 0, max)) do
    local message = redis.call('HGET', bodies, string.sub(member, 1, 14))
    bytes = bytes + #(message or '')
    if bytes > ${largestAnswer} and #answer > 1 then max = 0 return end
    redis.call('ZREM', set, member)
    if message then
      local attempt = (string.match(redis.call('HGET', state, member) or '', '^%d+') or 0) + 1
      redis.call('HSET', state, member, attempt .. ' ' .. ARGV[4])
      redis.call('ZADD', leases, now + ARGV[3], member)
      answer[#answer + 1] = member
      answer[#answer + 1] = attempt
      answer[#answer + 1] = message
      max = max - 1
    end
  end
end
give(leases)
give(due)
local soonest = math.huge
for _, set in ipairs({ due, leases }) do
  soonest = math.min(soonest, tonumber(redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2] or math.huge))
end
answer[1] = soonest == math.huge and -1 or math.max(0, soonest - now)
return answer`,
  { alone: true },
);

/** ARGV: bell, then member and lease of each. Answers which have expired, as those of `extend` and `giveBack` do. */
export const ackScript = defineGroupScript(
  ['bodies', 'due', 'leases', 'state', 'line'],
  `${held}${drop}${goOn}
local expired = {}
for i = 2, #ARGV, 2 do
  local member = ARGV[i]
  if held(member, ARGV[i + 1]) then
    redis.call('ZREM', leases, member)
    redis.call('HDEL', state, member)
    drop(member)
    goOn(member, ARGV[1])
  else
    expired[#expired + 1] = i / 2 - 1
  end
end
return expired`,
);

/** ARGV: ms, then member and lease of each. */
export const extendScript = defineGroupScript(
  ['leases', 'state'],
  `${held}
local expired = {}
for i = 2, #ARGV, 2 do
  if held(ARGV[i], ARGV[i + 1]) then
    redis.call('ZREM', leases, ARGV[i])
    redis.call('ZADD', leases, now + ARGV[1], ARGV[i])
  else
    expired[#expired + 1] = i / 2 - 1
  end
end
return expired`,
);

/** ARGV: bell, delay, 1 where the attempt does not count or 0, then member and lease of each. */
export const giveBackScript = defineGroupScript(
  ['due', 'leases', 'state'],
  `${held}
local expired = {}
for i = 4, #ARGV, 2 do
  local member = ARGV[i]
  local attempts = held(member, ARGV[i + 1])
  if attempts then
    redis.call('ZREM', leases, member)
    redis.call('HSET', state, member, attempts - ARGV[3])
    redis.call('ZADD', due, after(tonumber(ARGV[2])), member)
  else
    expired[#expired + 1] = i / 2 - 2
  end
end
redis.pcall('PUBLISH', ARGV[1], '')
return expired`,
);

/** ARGV: bell, member, lease, the reply, what stands before the channel. Answers 1; 0 expired, 2 where it wants no reply. */
export const replyScript = defineGroupScript(
  ['bodies', 'due', 'leases', 'state', 'line'],
  `${held}${drop}${goOn}
local member = ARGV[2]
if not held(member, ARGV[3]) then return 0 end
local message = redis.call('HGET', bodies, string.sub(member, 1, 14)) or ''
local id, channel = string.match(message, '^([^\\n]*)\\n([^\\n]+)\\n')
if not channel then return 2 end
redis.call('PUBLISH', ARGV[5] .. channel, id .. '\\n' .. ARGV[4])
redis.call('ZREM', leases, member)
redis.call('HDEL', state, member)
drop(member)
goOn(member, ARGV[1])
return 1`,
);

/**
 * Brings what is there into another order. KEYS: meta, then due, leases, state and line of each group. ARGV: version, order.
 * Answers 1, or meta where the groups are others by now.
 */
export const reorderScript = defineScript(`
local meta, order = KEYS[1], ARGV[2]
if (redis.call('HGET', meta, ':version') or '') ~= ARGV[1] then return redis.call('HGETALL', meta) end
redis.call('HSET', meta, ':order', order)
for i = 2, #KEYS, 4 do
  local due, leases, state, line = KEYS[i], KEYS[i + 1], KEYS[i + 2], KEYS[i + 3]
  local function keyOf(member) return string.match(member, '^%d+%.(.+)$') end
  local out = redis.call('ZRANGE', leases, 0, -1)
  local waiting = redis.call('ZRANGE', due, 0, -1)
  -- Who came first is told by the number that a member begins with.
  table.sort(out)
  table.sort(waiting)
  if order == 'key' then
    for _, member in ipairs(out) do
      if keyOf(member) then redis.call('HSETNX', state, '.' .. keyOf(member), member) end
    end
    for _, member in ipairs(waiting) do
      local key = keyOf(member)
      if key and redis.call('HSETNX', state, '.' .. key, member) == 0 then
        local at = string.format('%.0f', tonumber(redis.call('ZSCORE', due, member)))
        redis.call('ZREM', due, member)
        redis.call('ZADD', line, 0, key .. ' ' .. string.sub(member, 1, 14) .. ' ' .. at)
      end
    end
  else
    for _, members in ipairs({ out, waiting }) do
      for _, member in ipairs(members) do
        if keyOf(member) then redis.call('HDEL', state, '.' .. keyOf(member)) end
      end
    end
    for _, entry in ipairs(redis.call('ZRANGE', line, 0, -1)) do
      local key, seq, at = string.match(entry, '^(%S+) (%d+) (%d+)$')
      redis.call('ZADD', due, at, seq .. '.' .. key)
    end
    redis.call('DEL', line)
  end
end
return 1`);
