#!lua
-- A clock that is behind shortens a window of a clock ahead, and keeps what was counted in it.
local key, window, most, at, lasts = unpack(ARGV)
at, window, most = tonumber(at), tonumber(window), tonumber(most)
local ends_at, hits = unpack(redis.call('HMGET', key, 'ends_at', 'hits'))
ends_at, hits = tonumber(ends_at or 0), tonumber(hits or 0)
if ends_at <= at then
  ends_at, hits = at + window, 0
end
local until_then, full = math.min(ends_at, at + window), hits >= most
if not full or until_then < ends_at then
  local ends = string.format('%.0f', until_then)
  redis.call('HSET', key, 'ends_at', ends, 'hits', full and hits or hits + 1)
  redis.call('EXPIRE', key, lasts)
  redis.call('ZADD', 'doorward:limits', ends, key)
end
return full and until_then - at or 0
