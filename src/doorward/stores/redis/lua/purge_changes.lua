#!lua flags=allow-oom
local before, limit = tonumber(ARGV[1]), ARGV[2]
local gone, last = 0, 0
for _, entry in ipairs(redis.call('XRANGE', 'doorward:changes', '-', '+', 'COUNT', limit)) do
  if tonumber(entry[2][10]) < before then
    redis.call('XDEL', 'doorward:changes', entry[1])
    last = tonumber(string.match(entry[1], '^%d+'))
    gone = gone + 1
  end
end
forget(last)
return gone
