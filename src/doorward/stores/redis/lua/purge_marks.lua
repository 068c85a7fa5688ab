#!lua flags=allow-oom
local before, limit = '(' .. ARGV[1], ARGV[2]
local subjects = redis.call('ZRANGEBYSCORE', 'doorward:marks:age', '-inf', before, 'LIMIT', 0, limit)
for _, subject in ipairs(subjects) do
  forget(tonumber(redis.call('ZSCORE', 'doorward:marks', subject)))
  redis.call('ZREM', 'doorward:marks', subject)
  redis.call('ZREM', 'doorward:marks:age', subject)
end
return #subjects
