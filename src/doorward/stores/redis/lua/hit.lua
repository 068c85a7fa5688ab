#!lua
local key, window, most, at, lasts = unpack(ARGV)
at = tonumber(at)
local ends_at, hits = unpack(redis.call('HMGET', key, 'ends_at', 'hits'))
ends_at, hits = tonumber(ends_at or 0), tonumber(hits or 0)
if ends_at <= at or ends_at - at > tonumber(window) then
  ends_at, hits = at + tonumber(window), 0
end
if hits >= tonumber(most) then
  return ends_at - at
end
local ends = string.format('%.0f', ends_at)
redis.call('HSET', key, 'ends_at', ends, 'hits', hits + 1)
redis.call('EXPIRE', key, lasts)
redis.call('ZADD', 'doorward:limits', ends, key)
return 0
