#!lua flags=allow-oom
-- Writes, as every rotation does, and reports whether Redis was emptied since the last
-- time. KEYS[1] is the marker. Returns 1 if it was made, and 0 if it was there.

return redis.call('SETNX', KEYS[1], '1')
