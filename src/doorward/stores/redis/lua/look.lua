#!lua flags=allow-oom
local key, at = unpack(ARGV)
local payload, expires_at, used_at =
  unpack(redis.call('HMGET', key, 'payload', 'expires_at', 'used_at'))
if not payload or used_at or tonumber(expires_at) <= tonumber(at) then
  return false
end
return payload
