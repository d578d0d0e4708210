#!lua flags=allow-oom
-- Moves one session from the presented refresh token to the next (store.Rotations).
--
-- KEYS[1] is the session's hash, and KEYS[2] the one of the release before, which is read
-- as well, and written where it exists (redisstore.sessionKeys):
--   ended                          "1" once the session has ended; then the only field
--   gen jti prev iat exp role kid net
--                                  the last rotation; prev is its From, and net its Network,
--                                  which only KEYS[1] has
--   at                             when it was made, in ms of Redis's clock
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

local function rotation(i)
  return { gen = tonumber(ARGV[i]), jti = ARGV[i + 1], prev = ARGV[i + 2], iat = ARGV[i + 3],
    exp = ARGV[i + 4], role = ARGV[i + 5], kid = ARGV[i + 6], net = ARGV[i + 7] }
end

local function answer(outcome, r)
  return { outcome, string.format('%.0f', r.gen), r.jti, r.prev, r.iat, r.exp, r.role, r.kid, r.net }
end

local presented = { gen = tonumber(ARGV[1]), jti = ARGV[2] }
local known, next = rotation(3), rotation(11)
local grace, keep = tonumber(ARGV[19]), tonumber(ARGV[20])
local nothing = { gen = 0, jti = '', prev = '', iat = '0', exp = '0', role = '', kid = '', net = '' }

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function read(key)
  return redis.call('HMGET', key, 'ended', 'gen', 'jti', 'prev', 'iat', 'exp', 'role', 'kid', 'net', 'at')
end

local function write(key, r, ...)
  redis.call('HSET', key, 'gen', ARGV[11], 'jti', r.jti, 'prev', r.prev, 'iat', r.iat, 'exp', r.exp,
    'role', r.role, 'kid', r.kid, 'at', string.format('%.0f', now), ...)
  -- Clocks differ, so the state outlives the grace even if its end seems to be past.
  redis.call('PEXPIREAT', key, string.format('%.0f', math.max(keep, now + grace + OUTAGE)))
end

local h, before = read(KEYS[1]), read(KEYS[2])
if h[1] or before[1] then
  return answer(ENDED, nothing)
end
if before[2] and (not h[2] or tonumber(before[2]) > tonumber(h[2])) then
  h = before
end

-- A state that is missing, or behind the record, was lost: it is rebuilt from the record.
local state, lost
if h[2] and tonumber(h[2]) >= known.gen then
  state = { gen = tonumber(h[2]), jti = h[3], prev = h[4], iat = h[5], exp = h[6], role = h[7], kid = h[8],
    net = h[9] or '', at = tonumber(h[10]) }
else
  state, lost = known, true
end

if presented.gen > state.gen then
  -- The token is signed, so we issued it: the state and the record are both behind it.
  state = presented
end

if presented.gen == state.gen then
  if presented.jti ~= state.jti then
    return answer(REUSED, state) -- the family has forked
  end
  write(KEYS[1], next, 'net', next.net)
  if before[2] then
    write(KEYS[2], next) -- without net, which the release before would not replace
  end
  return answer(ROTATED, next)
end

local behind = state.gen - presented.gen
if behind == 1 and state.jti == next.jti then
  return answer(ROTATED, state) -- our own step, repeated
end
if behind == 2 and state.prev == next.jti then
  return answer(ROTATED, next) -- our own step, repeated after another tab continued from it
end

if behind == 1 and grace > 0 then
  -- Absolute values, because a clock that was set back must not stretch the grace.
  if lost then
    -- The record does not have `at`, but a token is issued in the step that makes it, so
    -- the times of issue give the age of the step, to the second. The answer is the
    -- existing successor, so the family does not fork. The extra time is short, so that
    -- a token stolen long ago is still detected.
    local age = math.abs(tonumber(next.iat) - tonumber(state.iat)) * 1000
    if age <= grace + OUTAGE then
      return answer(REPEATED, state)
    end
  elseif state.prev == presented.jti and math.abs(now - state.at) <= grace then
    return answer(REPEATED, state)
  end
end
return answer(REUSED, state)
