-- Who is behind a position that went, a cursor or a login under way, cannot be told what it missed.
local function forget(position)
  if position > tonumber(redis.call('GET', 'doorward:forgotten') or 0) then
    redis.call('SET', 'doorward:forgotten', string.format('%.0f', position))
  end
end
