/** Lua that writes to a log: messages, the newest of each key, retention, producers. */
import { traceparentLength } from '../../../protocol/traceparent.js'
import { format } from '../format.js'

/**
 * A message as it is stored: a byte that says which head follows (0: the micros of the message before, and when it
 * came; 1: also number and micros of the one of its key before), then what Node has packed: a byte of flags (1
 * tombstone, 2 event, 4 key, 8 traced), the lengths of event and key, event (what a trace has said is part of it), key,
 * data.
 */
export const log = `
local function open_(value)
  local at = byte(value) == 0 and 18 or 34
  local flags, events, keys, from = sunpack('>BI2I2', value, at)
  local came = sunpack('>d', value, 10)
  local key
  if flags % 8 >= 4 then key = sub(value, from + events, from + events + keys - 1) end
  local traces = flags >= 8 and ${traceparentLength} or 0
  return #value - from + 1 - events - keys, came, key, flags % 2 == 1, at, traces
end
-- Releases that know the first format alone would misread what follows: they are refused from here on. What is copied
-- aside for a fork says it to whoever puts it in its place.
local function noteTraced(l)
  if not l.p then return call('HSET', l.c, 'f', '${format.traced}') end
  if l.p.f == '${format.traced}' then return end
  l.p.f = '${format.traced}'
  call('HSET', l.p.s, 'f', l.p.f)
end
local function keptOf(l, key)
  local kept = call('HGET', l.c, 'k' .. key)
  if not kept then return 0, 0 end
  return idOf(kept)
end
-- The message is not the newest of its key any more, or that is not kept: if it is trimmed, it goes.
local function forgetKey(l, key, micros, number)
  call('HDEL', l.c, 'k' .. key)
  call('ZREM', l.o, key)
  if number <= l.s[3] then call('XDEL', l.m, id(micros, number)) end
end
local function forgetOldKeys(l)
  local many = call('ZCARD', l.o) - math.max(0, l.g[6])
  if many <= 0 then return end
  for _, key in ipairs(call('ZRANGE', l.o, 0, many - 1)) do
    local micros, number = keptOf(l, key)
    forgetKey(l, key, micros, number)
  end
end
local function rememberKey(l, key, micros, number, tombstone)
  local oldMicros, oldNumber = keptOf(l, key)
  if oldNumber > 0 then forgetKey(l, key, oldMicros, oldNumber) end
  if tombstone then return end
  call('HSET', l.c, 'k' .. key, id(micros, number))
  call('ZADD', l.o, num(number), key)
  forgetOldKeys(l)
end
-- Adds what Node has packed as the next message.
local function push(l, packed, micros, wake)
  local s = l.s
  local number = s[5] + 1
  local flags, events, keys, from = sunpack('>BI2I2', packed)
  local key, value
  if flags % 8 >= 4 and l.g[6] >= 0 then
    key = sub(packed, from + events, from + events + keys - 1)
    local beforeMicros, beforeNumber = keptOf(l, key)
    value = spack('>Bdddd', 1, s[4], s[7], beforeNumber, beforeMicros) .. packed
  else
    value = spack('>Bdd', 0, s[4], s[7]) .. packed
  end
  call('XADD', l.m, id(micros, number), 'd', value)
  s[4], s[5] = micros, number
  s[8] = s[8] + #packed - from + 1 - events - keys
  if flags >= 8 then
    s[8] = s[8] + ${traceparentLength}
    noteTraced(l)
    if wake then wake.traced = true end
  end
  if key then rememberKey(l, key, micros, number, flags % 2 == 1) end
  if wake then
    wake[#wake + 1] = spack('>ddI4', micros, number, #value)
    wake[#wake + 1] = value
    wake.bytes = wake.bytes + #value
  end
end
local function mint(l, by)
  local s = l.s
  s[6] = (now > s[6] and now or s[6]) + by
  if nowMs > s[7] then s[7] = nowMs end
  return s[6]
end
local function trim(l, micros, number, size, key)
  local s = l.s
  s[2], s[3], s[8] = micros, number, s[8] - size
  if l.g[6] < 0 then return end
  if key then
    local _, kept = keptOf(l, key)
    if kept == number then return end
  end
  call('XDEL', l.m, id(micros, number))
end
-- Trims what the retention does not cover. The newest message is not trimmed for its size.
local function retain(l)
  local s, g = l.s, l.g
  if g[3] < 0 and g[4] < 0 and g[5] < 0 then return false end
  local floor, most = s[3], s[3] + 10000
  while s[3] < s[5] and s[3] < most do
    local over = g[3] >= 0 and s[5] - g[3] - s[3] or 0
    local heavy = g[4] >= 0 and s[8] > g[4] and s[3] + 1 < s[5]
    if over <= 0 and not heavy and g[5] < 0 then break end
    local count = over > 0 and math.min(over, 64) or (heavy and 8 or 1)
    local entries = call('XRANGE', l.m, '(' .. id(s[2], s[3]), '+', 'COUNT', num(count))
    if #entries == 0 then break end
    local stays = false
    for _, entry in ipairs(entries) do
      local micros, number = idOf(entry[1])
      local size, came, key, _, _, traces = open_(entry[2][2])
      local goes = (g[3] >= 0 and number <= s[5] - g[3]) or (g[4] >= 0 and s[8] > g[4] and number < s[5])
        or (g[5] >= 0 and came <= nowMs - g[5])
      if not goes then stays = true break end
      trim(l, micros, number, size + traces, key)
    end
    if stays then break end
  end
  if s[3] > floor and g[6] < 0 then call('XTRIM', l.m, 'MINID', '~', id(s[2], s[3] + 1)) end
  return s[3] > floor
end

-- Forgets a tenth of the producers, those unused longest.
local function forgetProducers(l, most)
  local all, found = call('HGETALL', l.c), {}
  for i = 1, #all, 2 do
    if byte(all[i]) == 112 then found[#found + 1] = { all[i], tonumber(string.match(all[i + 1], '%S+$')) } end
  end
  table.sort(found, function(one, other) return one[2] < other[2] end)
  local many = #found - most + math.floor(most / 10)
  for i = 1, many do call('HDEL', l.c, found[i][1]) end
  l.s[13] = #found - many
end
local function rememberProducer(l, producer, epoch, seq, most)
  local s = l.s
  s[12] = s[12] + 1
  local said = num(epoch) .. ' ' .. num(seq) .. ' ' .. num(s[12])
  s[13] = s[13] + call('HSET', l.c, 'p' .. producer, said)
  if s[13] > most then forgetProducers(l, most) end
end
-- What is told of an append: first a place for the head, then what \`push\` adds.
local function newWake() return { '', bytes = 0 } end
local function publish(l, wake)
  local s = l.s
  if wake.bytes > 262144 then return call('SPUBLISH', l.c, changed) end
  wake[1] = spack('>BBddB', 1, wake.traced and 66 or 65, s[4], s[5], s[9] and 1 or 0)
  call('SPUBLISH', l.c, table.concat(wake))
end

-- One append as Node has packed it; answers it and where the next begins.
local function readAppend(blob, at)
  local a = {}
  local flags
  flags, a.step, a.count, at = sunpack('>BI2I4', blob, at)
  if flags % 32 > 0 then
    a.close, a.revive = flags % 2 == 1, math.floor(flags / 2) % 2 == 1
    if math.floor(flags / 4) % 2 == 1 then
      a.producer, a.epoch, a.number, a.most, at = sunpack('>I2c0ddI4', blob, at)
    end
    if math.floor(flags / 8) % 2 == 1 then a.seq, at = sunpack('>I2c0', blob, at) end
    if math.floor(flags / 16) % 2 == 1 then a.type, at = sunpack('>I2c0', blob, at) end
  end
  if flags >= 32 then a.create, at = sunpack('>I4c0', blob, at) end
  for i = 1, a.count do a[i], at = sunpack('>I4c0', blob, at) end
  return a, at
end
local function configOf(json)
  local g = cjson.decode(json)
  g[10], g[11], g[12] = false, false, false
  return g
end
local function store(l, a, wake)
  local s = l.s
  s[11] = nowMs
  local first
  if a.count > 0 then
    local micros = mint(l, a.step)
    first = s[5] + 1
    for i = 1, a.count do push(l, a[i], micros, wake) end
  end
  if a.producer then rememberProducer(l, a.producer, a.epoch, a.number, a.most) end
  if a.seq then s[10] = a.seq end
  if a.close then s[9] = true end
  return first
end
`
