#!lua flags=allow-oom
local before, limit = '(' .. ARGV[1], tonumber(ARGV[2])
local gone = 0
for _, index in ipairs({ REVOKED_AT, ENDED, ENDS_AT }) do
  local dead = redis.call('ZRANGEBYSCORE', index, '-inf', before, 'LIMIT', 0, limit - gone)
  for _, sid in ipairs(dead) do
    local row = read_row(sid)
    if row then
      redis.call('ZREM', subject_key(row[SUBJECT]), sid)
      if row[PARENT] ~= cjson.null then
        redis.call('SREM', children_key(row[PARENT]), sid)
      end
    end
    redis.call('DEL', session_key(sid))
    forget_places(sid)
  end
  gone = gone + #dead
end
return gone
