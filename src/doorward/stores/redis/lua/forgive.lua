#!lua flags=allow-oom
if tonumber(redis.call('HGET', ARGV[1], 'hits') or 0) > 0 then
  redis.call('HINCRBY', ARGV[1], 'hits', -1)
end
