#!lua flags=allow-oom
-- What of an index has not ended: each name with some fields of it.
local index, at = ARGV[1], '(' .. ARGV[2]
local found = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', index, at, '+inf')) do
  table.insert(found, { key, unpack(redis.call('HMGET', key, unpack(ARGV, 3))) })
end
return found
