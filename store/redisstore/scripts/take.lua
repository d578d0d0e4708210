-- Takes a slot for one try (store.Throttles).
--
-- KEYS[1] is the key's hash: n tries counted, the last one at `last` and the previous
-- one at `prev`, in ms of Redis's clock.
-- ARGV: free, delay, factor, max delay, forget (store.Rule; times in ms).
-- Returns {1, 0}, or {0, ms to wait}.

local free, delay, factor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local longest, forget = math.max(delay, tonumber(ARGV[4])), tonumber(ARGV[5])

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local h = redis.call('HMGET', KEYS[1], 'n', 'last')
local n, last = tonumber(h[1] or '0'), tonumber(h[2] or '0')

if last > now then
  -- The clock was set back. Callers must not wait for it to catch up.
  last = now
  redis.call('HSET', KEYS[1], 'last', string.format('%.0f', now))
end

if n > 0 and n >= free and delay > 0 then
  local wait = last + math.min(longest, delay * factor ^ (n - free)) - now
  if wait > 0 then
    -- Once the key is forgotten, the wait is over.
    local ttl = redis.call('PTTL', KEYS[1])
    if ttl > 0 then
      wait = math.min(wait, ttl)
    end
    return { 0, wait }
  end
end

redis.call('HSET', KEYS[1], 'n', string.format('%.0f', n + 1),
  'prev', string.format('%.0f', last), 'last', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', forget))
return { 1, 0 }
