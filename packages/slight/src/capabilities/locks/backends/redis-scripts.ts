import { defineScript } from '../../../clients/redis.ts';
import { linePatience } from '../line.ts';

/**
 * In each, KEYS are the lease (its value is the token), the last token, the line (a sorted set of tickets) and when each was
 * seen last (a hash, with the last ticket as `next`). Numbers of Lua are exact up to 2^53 only, so a token is text, made of seconds and microseconds.
 */
const time = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Takes those out of the line who gave no sign of life. Leaves who is the first in `first`. */
const findFirst = `
local first = false
for _, ticket in ipairs(redis.call('ZRANGE', KEYS[3], 0, -1)) do
  local seen = redis.call('HGET', KEYS[4], ticket)
  if seen and now - seen <= ${linePatience} then first = ticket; break end
  redis.call('ZREM', KEYS[3], ticket)
  redis.call('HDEL', KEYS[4], ticket)
end`;

/** ARGV: ttl in ms, ticket or ''. Answers {token} or {nil, ms after which to ask again}. */
export const takeScript = defineScript(`${time}
local left = redis.call('PTTL', KEYS[1])
if left > 0 then return { false, left } end
${findFirst}
if first and first ~= ARGV[2] then return { false, ${linePatience} } end
local token = time[1] .. string.format('%06d', tonumber(time[2]))
local last = redis.call('GET', KEYS[2])
if last and (#last > #token or (#last == #token and last >= token)) then
  redis.call('INCR', KEYS[2])
  token = redis.call('GET', KEYS[2])
else
  redis.call('SET', KEYS[2], token)
end
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
if first then
  redis.call('ZREM', KEYS[3], first)
  redis.call('HDEL', KEYS[4], first)
end
return { token }`);

/** ARGV: token, ttl in ms. Answers 1, or 0 where it is not held. */
export const extendScript = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** ARGV: token, channel. Answers 1, or 0 where it is not held. */
export const releaseScript = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], '')
return 1`);

/** ARGV: ticket or ''. Answers the ticket: a new one, behind all others, where there is none in line. */
export const standScript = defineScript(`${time}
local ticket = ARGV[1]
if ticket == '' or not redis.call('ZSCORE', KEYS[3], ticket) then
  ticket = tostring(redis.call('HINCRBY', KEYS[4], 'next', 1))
  redis.call('ZADD', KEYS[3], ticket, ticket)
end
redis.call('HSET', KEYS[4], ticket, now)
for i = 3, 4 do redis.call('PEXPIRE', KEYS[i], 60000) end
return ticket`);

/** ARGV: ticket, channel. */
export const leaveScript = defineScript(`
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('PUBLISH', ARGV[2], '')
return 1`);
