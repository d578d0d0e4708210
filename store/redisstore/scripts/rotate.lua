#!lua flags=allow-oom
-- Moves one session from the presented refresh token to the next (store.Rotations).
--
-- KEYS[1] is the session's hash:
--   ended                          "1" once the session has ended; then the only field
--   r s                            the last rotation, packed (redisstore.pack): its first bytes
--                                  in r and the others in s, because Redis keeps a hash in
--                                  little room only if no value is longer than 64 bytes
--   d                              how long after its iat it was made, in ms of Redis's clock
--   gen jti prev iat exp role kid net at
--                                  the last rotation and when it was made, as the release
--                                  before keeps them: read as well, and written where they are
--
-- A full Redis serves it (allow-oom): the sessions are few, and their number is bounded
-- by the record, while everything else that is kept here can do without.
--
-- The driver may repeat the step when an answer was lost, so the script recognises its
-- own work by the jti of next, which is fresh in every call.

local ROTATED, REPEATED, REUSED, ENDED = 1, 2, 3, 4

-- While Redis was unavailable, a client that had lost an answer could only be told to
-- come back later. If the state had to be rebuilt, the grace is longer by this many ms.
local OUTAGE = 60000

local HALF = 63
local PACKED = '>I4I4I4Bc0Bc0Bc0Bc0Bc0'

local function unpacked(r)
  local gen, iat, exp, jti, prev, role, kid, net = struct.unpack(PACKED, r)
  return { gen = gen, iat = iat, exp = exp, jti = jti, prev = prev, role = role, kid = kid, net = net, packed = r }
end

local key = KEYS[1]
local known, next = unpacked(ARGV[2]), unpacked(ARGV[3])
local presented = { gen = tonumber(ARGV[1]), jti = next.prev }
local grace, keep = tonumber(ARGV[4]), tonumber(ARGV[5])

-- What the release before keeps of next as it is, and we in a shorter form. No text has the
-- form of another one.
local plain = { jti = ARGV[6], prev = ARGV[7], kid = ARGV[8], net = ARGV[9] }

local function same(jti, name) return jti == next[name] or jti == plain[name] end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local h = redis.call('HMGET', key, 'ended', 'r', 's', 'd', 'gen', 'jti', 'prev', 'iat', 'exp', 'role', 'kid', 'net', 'at')
if h[1] then
  return { ENDED, '' }
end

-- The release before writes only its own fields: after a step of its own they are ahead of r.
local kept, at = h[2] and unpacked(h[2] .. h[3]), nil
if kept then
  at = kept.iat * 1000 + tonumber(h[4])
end
local before = tonumber(h[5])
if before and (not kept or before > kept.gen) then
  local from = h[12] or '' -- absent in a state of the first releases
  kept = unpacked(struct.pack(PACKED, before, tonumber(h[8]), tonumber(h[9]), #h[6], h[6], #h[7], h[7], #h[10], h[10],
    #h[11], h[11], #from, from))
  at = tonumber(h[13])
end

-- A state that is missing, or behind the record, was lost: it is rebuilt from the record.
local state, lost
if kept and kept.gen >= known.gen then
  state = kept
else
  state, lost = known, true
end

if presented.gen > state.gen then
  -- The token is signed, so we issued it: the state and the record are both behind it.
  state = presented
end

local function write()
  local ttl = redis.call('PTTL', key)
  redis.call('HSET', key, 'r', next.packed:sub(1, HALF), 's', next.packed:sub(HALF + 1), 'd', string.format('%.0f', now - next.iat * 1000))
  if before then
    redis.call('HSET', key, 'gen', string.format('%.0f', next.gen), 'jti', plain.jti, 'prev', plain.prev,
      'iat', string.format('%.0f', next.iat), 'exp', string.format('%.0f', next.exp), 'role', next.role, 'kid', plain.kid,
      'net', plain.net, 'at', string.format('%.0f', now))
  end
  -- Clocks differ, so the state outlives the grace even if its end seems to be past. It
  -- never ends sooner than before: an older token may be good for longer than its successor.
  redis.call('PEXPIREAT', key, string.format('%.0f', math.max(keep, now + ttl, now + grace + OUTAGE)))
end

if presented.gen == state.gen then
  if not same(state.jti, 'prev') then
    return { REUSED, state.packed } -- the family has forked
  end
  write()
  return { ROTATED, next.packed }
end

local behind = state.gen - presented.gen
if behind == 1 and same(state.jti, 'jti') then
  return { ROTATED, state.packed } -- our own step, repeated
end
if behind == 2 and same(state.prev, 'jti') then
  return { ROTATED, next.packed } -- our own step, repeated after another tab continued from it
end

if behind == 1 and grace > 0 then
  -- Absolute values, because a clock that was set back must not stretch the grace.
  if lost then
    -- The record does not have `at`, but a token is issued in the step that makes it, so
    -- the times of issue give the age of the step, to the second. The answer is the
    -- existing successor, so the family does not fork. The extra time is short, so that
    -- a token stolen long ago is still detected.
    local age = math.abs(next.iat - state.iat) * 1000
    if age <= grace + OUTAGE then
      return { REPEATED, state.packed }
    end
  elseif same(state.prev, 'prev') and math.abs(now - at) <= grace then
    return { REPEATED, state.packed }
  end
end
return { REUSED, state.packed }
