import { defineScript } from '../../../clients/redis.ts';

/**
 * In each, KEYS[1] is the value and KEYS[2] its version. A value without a version was written by another program;
 * the version is then made from its bytes. With a fence, KEYS[3] is a hash of the tokens that the key remembers, by lock,
 * and the last two of ARGV are lock and token; an older token is answered with three texts, of
 * which the first is the one that is remembered.
 */
const fence = `
local lock, token = ARGV[#ARGV - 1], ARGV[#ARGV]
if KEYS[3] then
  local seen = redis.call('HGET', KEYS[3], lock)
  if seen and (#seen > #token or (#seen == #token and seen > token)) then return { seen, 'is', 'newer' } end
end`;
const remember = `if KEYS[3] then redis.call('HSET', KEYS[3], lock, token) end`;

/** ARGV: value, new version, ttl in ms or '', 'absent' to write only where nothing stands. Answers 1 or 0. */
export const putScript = defineScript(`${fence}
if ARGV[4] == 'absent' and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for i = 1, 2 do
  if ARGV[3] == '' then redis.call('SET', KEYS[i], ARGV[i])
  else redis.call('SET', KEYS[i], ARGV[i], 'PX', ARGV[3]) end
end
${remember}
return 1`);

/** ARGV: value, new version, ttl in ms or '', expected version or ''. Answers 1, or what stands: {value, version} or {}. */
export const swapScript = defineScript(`${fence}
local value = redis.call('GET', KEYS[1])
local version = ''
if value then version = redis.call('GET', KEYS[2]) or 'sha1.' .. redis.sha1hex(value) end
if version ~= ARGV[4] then
  if value then return { value, version } end
  return {}
end
for i = 1, 2 do
  if ARGV[3] == '' then redis.call('SET', KEYS[i], ARGV[i])
  else redis.call('SET', KEYS[i], ARGV[i], 'PX', ARGV[3]) end
end
${remember}
return 1`);

/**
 * ARGV: delta, new version. The sum is read back as text, because a number of Lua is exact up to 2^53 only. The
 * expiry stays, and the version gets the same.
 */
export const incrementScript = defineScript(`${fence}
local left = redis.call('PTTL', KEYS[1])
redis.call('INCRBY', KEYS[1], ARGV[1])
if left >= 0 then redis.call('SET', KEYS[2], ARGV[2], 'PX', math.max(left, 1))
else redis.call('SET', KEYS[2], ARGV[2]) end
${remember}
return redis.call('GET', KEYS[1])`);

/** ARGV: nothing but the fence. */
export const deleteScript = defineScript(`${fence}
redis.call('DEL', KEYS[1], KEYS[2])
${remember}
return 1`);

/** Answers the version, '' where the value has none (it is no bytes), or nil where there is no value. */
export const versionScript = defineScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local version = redis.call('GET', KEYS[2])
if version then return version end
local value = redis.pcall('GET', KEYS[1])
return type(value) == 'string' and 'sha1.' .. redis.sha1hex(value) or ''`);
