#!lua flags=allow-oom
local key, until_then = ARGV[1], tonumber(ARGV[2])
local ends_at, hits = unpack(redis.call('HMGET', key, 'ends_at', 'hits'))
if tonumber(hits or 0) > 0 and tonumber(ends_at) <= until_then then
  redis.call('HINCRBY', key, 'hits', -1)
end
