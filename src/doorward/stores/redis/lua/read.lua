#!lua flags=no-writes
-- Everything that waits to be read, in one step: how many sids, the sids, then pairs of a cursor.
local replication = redis.call('INFO', 'replication')
local function named(name)
  return string.match(replication, name .. ':([^\r]*)')
end
-- A primary that was replaced, on a connection that survived it, answers with the past.
if named('role') ~= 'master' then
  return redis.error_reply('READONLY this server is a replica')
end
local history = named('master_replid')
local position = redis.call('GET', 'doorward:position') or '0'

-- Whether nothing after `since` is missing: the order it belongs to is this one (the history may
-- have changed by a failover, or the order begun anew), and what came after was not purged.
local function is_known(since)
  local forgotten = redis.call('GET', 'doorward:forgotten') or '0'
  if since == forgotten then
    return true
  end
  return tonumber(since) > tonumber(forgotten)
    and #redis.call('XRANGE', 'doorward:changes', since, since, 'COUNT', 1) > 0
end

local function news_since(whose, since)
  if whose == history and since == position then
    return false
  end
  local known = whose == history and is_known(since)
  local start = known and string.format('%.0f', tonumber(since) + 1) or '-'
  local told = {}
  for _, entry in ipairs(redis.call('XRANGE', 'doorward:changes', start, '+')) do
    local fields = entry[2]
    if fields[2] ~= '' then
      table.insert(told, { fields[2], fields[4], fields[6], fields[8] })
    end
  end
  return { known and 1 or 0, told }
end

local count = tonumber(ARGV[1])
local rows = {}
if count > 0 then
  local keys = {}
  for place = 2, count + 1 do
    table.insert(keys, 'doorward:session:' .. ARGV[place])
  end
  rows = redis.call('MGET', unpack(keys))
end
local news = {}
for place = count + 2, #ARGV, 2 do
  table.insert(news, news_since(ARGV[place], ARGV[place + 1]))
end
return { history, position, tonumber(named('connected_slaves')), rows, news }
