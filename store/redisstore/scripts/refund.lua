-- Gives back one slot (store.Throttles): it counts one try fewer, and the delay runs
-- from the previous try again. KEYS[1] is the key's hash (take.lua).

local h = redis.call('HMGET', KEYS[1], 'n', 'prev')
local n = tonumber(h[1] or '0')
if n <= 1 then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('HSET', KEYS[1], 'n', string.format('%.0f', n - 1), 'last', h[2])
return n - 1
