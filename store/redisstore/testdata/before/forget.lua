#!lua flags=allow-oom
-- Marks one session as ended (store.Rotations). KEYS[1] is the session's hash, and KEYS[2]
-- the one of the release before, if it exists (redisstore.sessionKeys).
-- The mark stays as long as the state would have, or ARGV[1] ms if there is none.

local ttl = math.max(redis.call('PTTL', KEYS[1]), redis.call('PTTL', KEYS[2]))
if ttl <= 0 then
  ttl = tonumber(ARGV[1])
end
for i, key in ipairs(KEYS) do
  if redis.call('DEL', key) == 1 or i == 1 then
    redis.call('HSET', key, 'ended', '1')
    redis.call('PEXPIRE', key, string.format('%.0f', ttl))
  end
end
return 1
