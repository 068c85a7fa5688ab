#!lua flags=allow-oom
if ARGV[1] == 'first' and redis.call('EXISTS', 'doorward:keys') == 1 then
  return { replicas(), 0 }
end

local function is_withdrawn(kid)
  local text = redis.call('HGET', 'doorward:keys', kid)
  return text and cjson.decode(text).withdrawn_at ~= cjson.null
end

for first = 2, #ARGV, 4 do
  local kid, text, revoked, at = unpack(ARGV, first, first + 3)
  if not is_withdrawn(kid) then
    if redis.call('HSET', 'doorward:keys', kid, text) == 1 then
      redis.call('RPUSH', 'doorward:keys:order', kid)
    end
    record(at, { { 'key', kid, '0', revoked } })
  end
end
return { replicas(), 1 }
