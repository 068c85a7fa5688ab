#!lua flags=allow-oom
local whose, name, keep, at, revoke, roles, scopes = unpack(ARGV)
at = tonumber(at)
revoke = revoke == '1'
roles = roles ~= '' and roles
scopes = scopes ~= '' and scopes

local met = {}
if whose == 'subject' then
  for _, row in ipairs(not_revoked_of(name)) do
    if row[SID] ~= keep and (revoke or not is_grant(row)) then
      table.insert(met, row)
    end
  end
else
  local row = read_row(name)
  if row and row[REVOKED] == cjson.null and (revoke or not is_grant(row)) then
    table.insert(met, row)
  end
end
if revoke then
  met = family(met, whose == 'subject' and name, keep)
end
if #met > 0 or whose == 'subject' then
  local position = decide(met, at, revoke, roles, scopes)
  if whose == 'subject' then
    redis.call('ZADD', 'doorward:marks', position, name)
    redis.call('ZADD', 'doorward:marks:age', digits(at), name)
  end
end

local sids = {}
for _, row in ipairs(met) do
  table.insert(sids, row[SID])
end
return { replicas(), sids }
