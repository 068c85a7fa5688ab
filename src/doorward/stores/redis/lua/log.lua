-- The order of changes: one position for each decision, one entry of the stream for each change.
local function named(name)
  return string.match(redis.call('INFO', 'replication'), name .. ':([^\r]*)')
end

-- Microseconds of this server's clock, so that a server that lost the latest positions in a
-- failover does not give them out again; and always above the last one, whatever the clock says.
local function next_position()
  local now = redis.call('TIME')
  local last = tonumber(redis.call('GET', 'doorward:position') or 0)
  return math.max(last + 1, tonumber(now[1]) * 1000000 + tonumber(now[2]))
end

-- A decision that met nobody leaves an entry of no kind: a cursor is known by its own entry.
local function record(at, told)
  local position = string.format('%.0f', next_position())
  redis.call('SET', 'doorward:position', position)
  if #told == 0 then
    told = { { '', '', '0', '0' } }
  end
  for number, change in ipairs(told) do
    redis.call(
      'XADD', 'doorward:changes', position .. '-' .. number,
      'kind', change[1], 'id', change[2], 'ver', change[3], 'revoked', change[4], 'at', at
    )
  end
  redis.call('PUBLISH', 'doorward:changes', position)
  return position
end

local function replicas()
  return tonumber(named('connected_slaves'))
end
