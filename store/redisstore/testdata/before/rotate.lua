-- Moves one session from the presented refresh token to the next (store.Rotations).
--
-- KEYS[1] is the session's hash:
--   ended                          "1" once the session has ended; then the only field
--   gen jti iat exp role kid       the last rotation
--   prev at                        the jti it followed, and when, in ms of Redis's clock
--
-- The driver may repeat the step when an answer was lost, so the script recognises its
-- own work by the jti of next, which is fresh in every call.

local ROTATED, REPEATED, REUSED, ENDED = 1, 2, 3, 4

-- While Redis was unavailable, a client that had lost an answer could only be told to
-- come back later. If the state had to be rebuilt, the grace is longer by this many ms.
local OUTAGE = 60000

local function rotation(i)
  return { gen = tonumber(ARGV[i]), jti = ARGV[i + 1], iat = ARGV[i + 2],
    exp = ARGV[i + 3], role = ARGV[i + 4], kid = ARGV[i + 5] }
end

local function answer(outcome, r)
  return { outcome, string.format('%.0f', r.gen), r.jti, r.iat, r.exp, r.role, r.kid }
end

local presented = { gen = tonumber(ARGV[1]), jti = ARGV[2] }
local known, next = rotation(3), rotation(9)
local grace, keep = tonumber(ARGV[15]), tonumber(ARGV[16])
local nothing = { gen = 0, jti = '', iat = '0', exp = '0', role = '', kid = '' }

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local h = redis.call('HMGET', KEYS[1], 'ended', 'gen', 'jti', 'iat', 'exp', 'role', 'kid', 'prev', 'at')
if h[1] then
  return answer(ENDED, nothing)
end

-- A state that is missing, or behind the record, was lost: it is rebuilt from the record.
local state, lost
if h[2] and tonumber(h[2]) >= known.gen then
  state = { gen = tonumber(h[2]), jti = h[3], iat = h[4], exp = h[5], role = h[6], kid = h[7],
    prev = h[8], at = tonumber(h[9]) }
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
  redis.call('HSET', KEYS[1], 'gen', ARGV[9], 'jti', next.jti, 'iat', next.iat, 'exp', next.exp,
    'role', next.role, 'kid', next.kid, 'prev', presented.jti, 'at', string.format('%.0f', now))
  -- Clocks differ, so the state outlives the grace even if its end seems to be past.
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.max(keep, now + grace + OUTAGE)))
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
