-- What was moved to another server is read and not written any more.
local why = redis.call('GET', 'doorward:sealed')
if why then
  return redis.error_reply('SEALED ' .. why)
end
