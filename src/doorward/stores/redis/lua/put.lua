#!lua
local key, payload, expires_at, margin = unpack(ARGV)
local left = tonumber(expires_at) - tonumber(redis.call('TIME')[1])
redis.call('DEL', key)
redis.call('HSET', key, 'payload', payload, 'expires_at', expires_at)
redis.call('EXPIRE', key, string.format('%.0f', math.max(left, 0) + tonumber(margin)))
redis.call('ZADD', 'doorward:tickets', expires_at, key)
