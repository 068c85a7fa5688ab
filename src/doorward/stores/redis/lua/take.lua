#!lua flags=allow-oom
local key, at = unpack(ARGV)
local payload, expires_at = unpack(redis.call('HMGET', key, 'payload', 'expires_at'))
if not payload or tonumber(expires_at) <= tonumber(at) then
  return false
end
return { payload, redis.call('HSETNX', key, 'used_at', at) }
