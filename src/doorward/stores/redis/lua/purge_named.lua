#!lua flags=allow-oom
local index, before, limit = ARGV[1], '(' .. ARGV[2], ARGV[3]
local keys = redis.call('ZRANGEBYSCORE', index, '-inf', before, 'LIMIT', 0, limit)
for _, key in ipairs(keys) do
  redis.call('DEL', key)
  redis.call('ZREM', index, key)
end
return #keys
