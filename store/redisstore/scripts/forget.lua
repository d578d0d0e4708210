#!lua flags=allow-oom
-- Marks one session as ended (store.Rotations). KEYS[1] is the session's hash.
-- The mark stays as long as the state would have, or ARGV[1] ms if there is none.

local ttl = redis.call('PTTL', KEYS[1])
if ttl <= 0 then
  ttl = tonumber(ARGV[1])
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'ended', '1')
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl))
return 1
