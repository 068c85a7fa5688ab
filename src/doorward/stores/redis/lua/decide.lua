local function family(rows, subject, keep)
  local met, all = {}, {}
  for _, row in ipairs(rows) do
    met[row[SID]] = true
    table.insert(all, row)
  end
  for _, parent in ipairs(rows) do
    for _, sid in ipairs(redis.call('SMEMBERS', children_key(parent[SID]))) do
      local row = read_row(sid)
      if not row then
        redis.call('SREM', children_key(parent[SID]), sid)
      elseif row[PARENT] == parent[SID] and row[REVOKED] == cjson.null and not met[sid] then
        if not (sid == keep and row[SUBJECT] == subject) then
          met[sid] = true
          table.insert(all, row)
        end
      end
    end
  end
  return all
end

-- The rows of a subject that are not revoked; whose row is gone is dropped from the index.
local function not_revoked_of(subject)
  local rows = {}
  for _, sid in ipairs(redis.call('ZRANGE', subject_key(subject), 0, -1)) do
    local row = read_row(sid)
    if not row or row[SUBJECT] ~= subject then
      redis.call('ZREM', subject_key(subject), sid)
    elseif row[REVOKED] == cjson.null then
      table.insert(rows, row)
    end
  end
  return rows
end

local function decide(rows, at, revoke, roles, scopes)
  local told = {}
  for _, row in ipairs(rows) do
    row[VERSION] = digits(row[VERSION] + 1)
    row[VER] = digits(row[VER] + 1)
    row[ROLES] = roles or row[ROLES]
    row[SCOPES] = scopes or row[SCOPES]
    if revoke then
      row[REVOKED] = digits(at)
      put_in_place(row)
    end
    redis.call('SET', session_key(row[SID]), cjson.encode(row), 'KEEPTTL')
    table.insert(told, { 'session', row[SID], row[VER], revoke and '1' or '0' })
  end
  return record(digits(at), told)
end
