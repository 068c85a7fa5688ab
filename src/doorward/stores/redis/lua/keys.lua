#!lua flags=allow-oom
local found = {}
for _, kid in ipairs(redis.call('LRANGE', 'doorward:keys:order', 0, -1)) do
  table.insert(found, redis.call('HGET', 'doorward:keys', kid))
end
return found
