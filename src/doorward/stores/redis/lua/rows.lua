-- A row is a JSON array of strings, in the order of rows.py: a number in JSON would lose digits.
local SID, SUBJECT, CLIENT, PARENT, CREATED, VERSION, VER = 1, 2, 3, 4, 6, 7, 8
local SEEN, ENDS, REVOKED, ROLES, SCOPES = 9, 10, 19, 20, 21
local BEGAN = 30 -- only here: the order of logins, for those that began in the same second
local AUDIENCE = 31 -- only in rows that have one: these are grants

local ACTIVE = 'doorward:active' -- not revoked and not yet known to have ended, by activity
local ENDS_AT = 'doorward:ends' -- the same rows, by when they end
local ENDED = 'doorward:ended' -- not revoked, known to have ended, by when
local REVOKED_AT = 'doorward:revoked' -- revoked, by when

local function session_key(sid)
  return 'doorward:session:' .. sid
end

local function subject_key(subject)
  return 'doorward:subject:' .. subject
end

local function children_key(sid)
  return 'doorward:children:' .. sid
end

local function digits(number)
  return string.format('%.0f', number)
end

local function read_row(sid)
  local text = redis.call('GET', session_key(sid))
  return text and cjson.decode(text)
end

local function is_live(row, at)
  return row[REVOKED] == cjson.null and tonumber(row[ENDS]) > at
end

local function is_grant(row)
  return row[AUDIENCE] ~= nil
end

local function is_current(row)
  redis.call('ZADD', ACTIVE, row[SEEN], row[SID])
  redis.call('ZADD', ENDS_AT, row[ENDS], row[SID])
  redis.call('ZREM', ENDED, row[SID])
end

local function forget_places(sid)
  redis.call('ZREM', ACTIVE, sid)
  redis.call('ZREM', ENDS_AT, sid)
  redis.call('ZREM', ENDED, sid)
  redis.call('ZREM', REVOKED_AT, sid)
end

local function put_in_place(row)
  forget_places(row[SID])
  if row[REVOKED] == cjson.null then
    is_current(row)
    redis.call('ZADD', subject_key(row[SUBJECT]), row[SEEN], row[SID])
  else
    redis.call('ZADD', REVOKED_AT, row[REVOKED], row[SID])
    redis.call('ZREM', subject_key(row[SUBJECT]), row[SID])
  end
end

-- An index lasts as long as the longest of what it names, so that it goes by itself.
local function outlast(key, seconds)
  if redis.call('TTL', key) < tonumber(seconds) then
    redis.call('EXPIRE', key, seconds)
  end
end

-- Brings the indexes towards the moment `at`: who has ended leaves the list of the active, and who
-- was taken out of it by a clock ahead of `at` comes back; at most `most` each, so that no script
-- holds up the server.  Whether all came back.
local function settle(at, most)
  local back = redis.call('ZRANGEBYSCORE', ENDED, '(' .. digits(at), '+inf', 'LIMIT', 0, most)
  for _, sid in ipairs(back) do
    local row = read_row(sid)
    redis.call('ZREM', ENDED, sid)
    if row then
      is_current(row)
    end
  end
  local ended = redis.call(
    'ZRANGEBYSCORE', ENDS_AT, '-inf', digits(at), 'WITHSCORES', 'LIMIT', 0, most
  )
  for place = 1, #ended, 2 do
    redis.call('ZREM', ENDS_AT, ended[place])
    redis.call('ZREM', ACTIVE, ended[place])
    redis.call('ZADD', ENDED, ended[place + 1], ended[place])
  end
  return #back < most
end
