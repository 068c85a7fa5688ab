#!lua flags=allow-oom
local kid, text, revoked, at = unpack(ARGV)
if redis.call('HSET', 'doorward:keys', kid, text) == 1 then
  redis.call('RPUSH', 'doorward:keys:order', kid)
end
record(at, { { 'key', kid, '0', revoked } })
return { replicas(), {} }
