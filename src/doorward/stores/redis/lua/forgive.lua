#!lua flags=allow-oom
local key, until_then = ARGV[1], tonumber(ARGV[2])
local ends_at, hits = unpack(redis.call('HMGET', key, 'ends_at', 'hits'))
if tonumber(ends_at or 0) <= until_then then
  if tonumber(hits or 0) > 1 then
    redis.call('HINCRBY', key, 'hits', -1)
  else
    redis.call('DEL', key)
    redis.call('ZREM', 'doorward:limits', key)
  end
end
