#!lua flags=allow-oom
local whose, subject, at, seen, sid, limit, grants = unpack(ARGV)
local index = whose == 'subject' and subject_key(subject) or ACTIVE
limit = tonumber(limit)
at = tonumber(at)
if not settle(at, 500) then
  return false -- call again
end

-- Byte by byte: Lua's own comparison goes by the locale of the server.
local function is_below(one, other)
  for place = 1, math.min(#one, #other) do
    local left, right = string.byte(one, place), string.byte(other, place)
    if left ~= right then
      return left < right
    end
  end
  return #one < #other
end

-- How many stand before or at (seen, sid), latest first: by halving, because that row may be gone.
local function first_place()
  local low = redis.call('ZCOUNT', index, '(' .. seen, '+inf')
  local high = low + redis.call('ZCOUNT', index, seen, seen)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if is_below(redis.call('ZREVRANGE', index, middle, middle)[1], sid) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

local function is_asked_for(text)
  if whose == 'all' and grants == '' then
    return true
  end
  local row = cjson.decode(text)
  return (whose == 'all' or row[SUBJECT] == subject)
    and (grants == '' or is_grant(row) == (grants == '1'))
end

local place = seen == '' and 0 or first_place()
local rows, stale = {}, {}
while #rows < limit do
  local sids = redis.call('ZREVRANGE', index, place, place + math.min(limit, 500) - 1)
  if #sids == 0 then
    break
  end
  place = place + #sids
  local ends = redis.call('ZMSCORE', ENDS_AT, unpack(sids))
  for number, found in ipairs(sids) do
    if #rows < limit and ends[number] and tonumber(ends[number]) > at then
      local text = redis.call('GET', session_key(found))
      if not text then
        table.insert(stale, found)
      elseif is_asked_for(text) then
        table.insert(rows, text)
      end
    end
  end
end
for _, gone in ipairs(stale) do
  forget_places(gone)
  redis.call('ZREM', index, gone)
end
return rows
