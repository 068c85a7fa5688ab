#!lua
local text, mark, at, lasts, most, end_oldest = unpack(ARGV)
local row = cjson.decode(text)
local sid, subject = row[SID], row[SUBJECT]
at = tonumber(at)

if redis.call('EXISTS', session_key(sid)) == 1 then
  return 'exists'
end

local decided = tonumber(redis.call('ZSCORE', 'doorward:marks', subject) or 0)
local forgotten = tonumber(redis.call('GET', 'doorward:forgotten') or 0)
if tonumber(mark) < math.max(decided, forgotten) then
  return 'superseded'
end

local spared = {}
if row[PARENT] ~= cjson.null then
  local parent = read_row(row[PARENT])
  if not parent or not is_live(parent, at) then
    return 'orphaned'
  end
  spared[parent[SID]] = true
  spared[parent[PARENT]] = true
end

-- Whether `most` counts a row: a login counts logins, a grant the grants of its application.
local function is_counted(each)
  return is_live(each, at)
    and is_grant(each) == is_grant(row)
    and (not is_grant(row) or each[CLIENT] == row[CLIENT])
end

-- Who of the subject is counted, first the one that began first.
local function oldest_first()
  local live = {}
  for _, each in ipairs(not_revoked_of(subject)) do
    if is_counted(each) then
      table.insert(live, each)
    end
  end
  table.sort(live, function(one, other)
    local left, right = tonumber(one[CREATED]), tonumber(other[CREATED])
    if left ~= right then
      return left < right
    end
    return tonumber(one[BEGAN] or 0) < tonumber(other[BEGAN] or 0)
  end)
  return live
end

-- The rows to end so that one more may live, or nil when that cannot be.
local function room()
  local live = oldest_first()
  local count, met, ended = #live, {}, {}
  for _, oldest in ipairs(live) do
    if count < tonumber(most) or end_oldest == '0' then
      break
    end
    if not spared[oldest[SID]] and not met[oldest[SID]] then
      for _, each in ipairs(family({ oldest })) do
        if not met[each[SID]] then
          met[each[SID]] = true
          table.insert(ended, each)
          count = count - (each[SUBJECT] == subject and is_counted(each) and 1 or 0)
        end
      end
    end
  end
  return count < tonumber(most) and ended
end

if most ~= '' then
  local ended = room()
  if not ended then
    return 'full'
  end
  if #ended > 0 then
    decide(ended, at, true)
  end
end

row[BEGAN] = digits(redis.call('INCR', 'doorward:logins'))
redis.call('SET', session_key(sid), cjson.encode(row), 'EX', lasts)
put_in_place(row)
outlast(subject_key(subject), lasts)
if row[PARENT] ~= cjson.null then
  redis.call('SADD', children_key(row[PARENT]), sid)
  outlast(children_key(row[PARENT]), lasts)
end

-- Each login clears away more than it will leave behind.
for _, other in ipairs(redis.call('ZRANGE', subject_key(subject), 0, 1)) do
  if redis.call('EXISTS', session_key(other)) == 0 then
    redis.call('ZREM', subject_key(subject), other)
  end
end
settle(at, 2)
return 'done'
