import { defineGroupScript, drop, goOn, groupExists, held, largestAnswer, put } from './redis-scripts.ts';

/** Dead letters that one script moves. */
export const deadAtOnce = 500;

/** ARGV: bell, member, lease, reason. Answers 1, or 0 where it has expired. */
export const buryScript = defineGroupScript(
  ['meta', 'bodies', 'due', 'leases', 'state', 'line', 'dead', 'ids'],
  `${held}${goOn}
local bell, member, reason = ARGV[1], ARGV[2], ARGV[4]
local attempts = held(member, ARGV[3])
if not attempts then return 0 end
local id = string.match(redis.call('HGET', bodies, string.sub(member, 1, 14)) or '', '^[^\\n]*')
redis.call('ZREM', leases, member)
redis.call('HSET', state, member, attempts .. ' ' .. string.format('%.0f', now) .. ' ' .. reason)
redis.call('ZADD', dead, redis.call('HINCRBY', meta, ':seq', 1), member)
redis.call('ZADD', ids, 0, id .. '\\n' .. member)
goOn(member, bell)
return 1`,
);

/** ARGV: group. Answers what waits, what is out and what is dead, and the last burial. */
export const countScript = defineGroupScript(
  ['meta', 'due', 'leases', 'line', 'dead'],
  `${groupExists}
local out = redis.call('ZCOUNT', leases, '(' .. string.format('%.0f', now), '+inf')
local all = redis.call('ZCARD', due) + redis.call('ZCARD', line) + redis.call('ZCARD', leases)
local last = redis.call('ZRANGE', dead, -1, -1, 'WITHSCORES')[2]
return { all - out, out, redis.call('ZCARD', dead), last or '0' }`,
);

/** ARGV: group, the burial before, most. Answers 1 where there are more, then burial, state and message of each. */
export const deadLettersScript = defineGroupScript(
  ['meta', 'bodies', 'state', 'dead'],
  `${groupExists}
local bytes, answer, most = 0, { 0 }, tonumber(ARGV[3])
local found = redis.call('ZRANGEBYSCORE', dead, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
for i = 1, #found, 2 do
  local message = redis.call('HGET', bodies, string.sub(found[i], 1, 14))
  bytes = bytes + #(message or '')
  if i > 2 * most or (bytes > ${largestAnswer} and i > 1) then
    answer[1] = 1
    break
  end
  if message then
    answer[#answer + 1] = found[i + 1]
    answer[#answer + 1] = redis.call('HGET', state, found[i])
    answer[#answer + 1] = message
  end
end
return answer`,
  { alone: true },
);

/**
 * ARGV: group, bell, 1 to send them again or 0, the last burial or '', ids. Without ids it takes up to \`deadAtOnce\` of the oldest.
 * Answers how many.
 */
export const exhumeScript = defineGroupScript(
  ['meta', 'bodies', 'due', 'state', 'line', 'dead', 'ids'],
  `${put}${drop}${groupExists}
local members, count = {}, 0
if ARGV[4] ~= '' then
  members = redis.call('ZRANGEBYSCORE', dead, '-inf', ARGV[4], 'LIMIT', 0, ${deadAtOnce})
end
for i = 5, #ARGV do
  local id = ARGV[i]
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', ids, '[' .. id .. '\\n', '(' .. id .. '\\11')) do
    members[#members + 1] = string.sub(entry, #id + 2)
  end
end
table.sort(members)
local ordered = redis.call('HGET', meta, ':order') == 'key'
for _, member in ipairs(members) do
  if redis.call('ZREM', dead, member) == 1 then
    local message = redis.call('HGET', bodies, string.sub(member, 1, 14)) or ''
    redis.call('ZREM', ids, string.match(message, '^[^\\n]*') .. '\\n' .. member)
    redis.call('HDEL', state, member)
    if ARGV[3] == '1' and message ~= '' then
      local seq = number(meta)
      -- Who asked for a reply waits no more.
      redis.call('HSET', bodies, seq, (string.gsub(message, '^([^\\n]*)\\n[^\\n]*\\n', '%1\\n\\n')))
      put(due, line, state, seq, string.match(member, '^%d+%.(.+)$') or '', now, ordered)
    end
    drop(member)
    count = count + 1
  end
end
redis.pcall('PUBLISH', ARGV[2], '')
return count`,
  { alone: true },
);
