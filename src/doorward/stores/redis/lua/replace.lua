#!lua flags=allow-oom
local sid, version, text, lasts, at = unpack(ARGV)
local old = read_row(sid)
if not old or old[REVOKED] ~= cjson.null or old[VERSION] ~= version then
  return 0
end
local new = cjson.decode(text)
for _, kept in ipairs({ SID, SUBJECT, CLIENT, PARENT, CREATED, REVOKED, ROLES, SCOPES, BEGAN, AUDIENCE }) do
  new[kept] = old[kept]
end
local raised = tonumber(new[VER]) > tonumber(old[VER])
new[VERSION] = digits(old[VERSION] + 1)
new[VER] = raised and new[VER] or old[VER]
redis.call('SET', session_key(sid), cjson.encode(new), 'EX', lasts)
put_in_place(new)
outlast(subject_key(new[SUBJECT]), lasts)
if new[PARENT] ~= cjson.null then
  outlast(children_key(new[PARENT]), lasts)
end
if raised then
  record(at, { { 'session', sid, new[VER], '0' } })
end
return 1
