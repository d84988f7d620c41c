/** Lua that every script begins with: partitions, the records of channels, expiry, what is remembered of names. */
import { format, tombstones } from '../format.js'

/**
 * KEYS: four for each partition (state, tombstones, deadlines, releases), then three for each channel (record,
 * messages, order of keys). ARGV: the time in milliseconds, or nothing for Redis' own; a random seed; then what the
 * script says.
 *
 * A record has two halves. `s` changes with each append: birth, floor (micros, number), head (micros, number), last
 * micros, when the newest message came, bytes, closed, seq, when it was last used, uses of producers, producers. `g`
 * says how it is kept: content type, media type, messages, bytes, ageMs, maxKeys, TTL, end, evictable, origin, source,
 * hold. What is absent is -1, or false.
 */
export const base = `
local call, sub, byte = redis.call, string.sub, string.byte
local spack, sunpack = struct.pack, struct.unpack
local pack, unpack_ = cmsgpack.pack, cmsgpack.unpack
local changed = '\\1C'
local nowMs, now
if ARGV[1] == '' then
  local t = call('TIME')
  now = t[1] * 1000000 + t[2]
  nowMs = math.floor(now / 1000)
else
  nowMs = tonumber(ARGV[1])
  now = math.floor(nowMs * 1000)
end
local seed = tonumber(ARGV[2])
local function step()
  seed = (seed * 16807) % 2147483647
  return 1 + seed % 1000
end
local format = string.format
local function num(n) return format('%.0f', n) end
-- Quicker, where whole numbers may be as long as ours.
local ids = format('%d', 9007199254740991) == '9007199254740991' and '%d-%d' or '%.0f-%.0f'
local function id(micros, number) return format(ids, micros, number) end
local function idOf(text)
  local at = string.find(text, '-', 1, true)
  return tonumber(sub(text, 1, at - 1)), tonumber(sub(text, at + 1))
end

local partitions = {}
-- By the place of its first key.
local function partition(k)
  local p = partitions[k]
  if p then return p end
  p = { s = KEYS[k], u = KEYS[k + 1], x = KEYS[k + 2], d = KEYS[k + 3] }
  local f = call('HMGET', p.s, 'f', 'w', 'e')
  if not f[1] then
    p.w = math.max(1, now + step())
    p.e = num(step()) .. '-' .. num(now)
    p.f = '${format.plain}'
    call('HSET', p.s, 'f', p.f, 'w', num(p.w), 'e', p.e)
  elseif f[1] ~= '${format.plain}' and f[1] ~= '${format.traced}' then
    error({ err = 'ANYWIREFORMAT ' .. f[1] })
  else
    p.f, p.w, p.e = f[1], tonumber(f[2]), f[3]
  end
  partitions[k] = p
  return p
end

-- How many hold the name as forks; those that were announced and never came count no more.
local function holdsOf(p, name)
  local packed = call('HGET', p.s, 'h' .. name)
  local holds, count = {}, 0
  if packed then
    for hold, untilMs in pairs(unpack_(packed)) do
      if untilMs == 0 or untilMs > nowMs then
        holds[hold] = untilMs
        count = count + 1
      end
    end
  end
  return holds, count
end
-- What this script lets go of. It is written down too, in case that nobody can tell the sources now.
local released = {}
local function release(p, source, hold)
  if not source then return end
  call('HSET', p.d, hold, source)
  released[#released + 1] = hold
  released[#released + 1] = source
end
-- The name is free, and what it held is released.
local function free(p, name)
  local packed = call('HGET', p.s, 'g' .. name)
  call('HDEL', p.s, 'g' .. name, 'h' .. name)
  if packed then
    local gone = unpack_(packed)
    release(p, gone[1], gone[2])
  end
end
local function isGone(p, name)
  if call('HEXISTS', p.s, 'g' .. name) == 0 then return false end
  local _, count = holdsOf(p, name)
  if count > 0 then return true end
  free(p, name)
  return false
end

-- Where a channel of this name would begin.
local function past(p, name)
  local score = call('ZSCORE', p.u, name)
  return score and tonumber(score) or p.w
end
-- A forgotten name counts as never written: such names begin after all that the forgotten ones minted.
local function bury(p, name, micros)
  call('ZADD', p.u, num(micros), name)
  if call('ZCARD', p.u) > ${tombstones} then
    local oldest = call('ZRANGE', p.u, 0, 99, 'WITHSCORES')
    p.w = math.max(p.w, tonumber(oldest[#oldest]) + step())
    call('HSET', p.s, 'w', num(p.w))
    call('ZREMRANGEBYRANK', p.u, 0, 99)
  end
end

local function watchTime(l)
  local g, s = l.g, l.s
  if g[7] < 0 and g[8] < 0 and g[5] < 0 then return call('ZREM', l.p.x, l.name) end
  local at = math.huge
  if g[7] >= 0 then at = s[11] + g[7] * 1000 end
  if g[8] >= 0 then at = math.min(at, g[8]) end
  if g[5] >= 0 then at = math.min(at, nowMs + math.max(g[5], 1000)) end
  call('ZADD', l.p.x, num(at), l.name)
end
local function hasExpired(l)
  local g = l.g
  return (g[7] >= 0 and nowMs >= l.s[11] + g[7] * 1000) or (g[8] >= 0 and nowMs >= g[8])
end

-- The name holds no channel any more. With keep it is gone while it has forks.
local function drop(l, keep)
  local p, name = l.p, l.name
  call('UNLINK', l.c, l.m, l.o)
  call('ZREM', p.x, name)
  bury(p, name, math.max(now, l.s[6]) + step())
  if keep then
    local holds, count = holdsOf(p, name)
    if count > 0 then
      call('HSET', p.s, 'g' .. name, pack({ l.g[11], l.g[12] }), 'h' .. name, pack(holds))
      return call('SPUBLISH', l.c, changed)
    end
  end
  release(p, l.g[11], l.g[12])
  call('HDEL', p.s, 'g' .. name, 'h' .. name)
  call('SPUBLISH', l.c, changed)
end
-- How channels are kept: many are kept alike, and nothing but configure, which asks for one, changes it.
local kinds = {}
local function kindOf(packed)
  local g = kinds[packed]
  if not g then
    g = unpack_(packed)
    kinds[packed] = g
  end
  return g
end
local function look(p, k, name)
  local r = call('HMGET', KEYS[k], 's', 'g')
  if not r[1] then return nil end
  return { p = p, name = name, c = KEYS[k], m = KEYS[k + 1], o = KEYS[k + 2], s = unpack_(r[1]), g = kindOf(r[2]) }
end
-- The channel as it is at this moment: one that has expired goes.
local function find(p, k, name)
  local l = look(p, k, name)
  if l and hasExpired(l) then
    drop(l, false)
    return nil
  end
  return l
end
local function save(l)
  if l.told then
    call('HSET', l.c, 's', pack(l.s), 'g', pack(l.g))
  else
    call('HSET', l.c, 's', pack(l.s))
  end
end
local function open(p, k, name, g, birth, floorMicros, floorNumber, micros)
  call('UNLINK', KEYS[k], KEYS[k + 1], KEYS[k + 2])
  call('ZREM', p.u, name)
  free(p, name)
  local s = { birth, floorMicros, floorNumber, floorMicros, floorNumber, micros, nowMs, 0, false, false, nowMs, 0, 0 }
  local l = { p = p, name = name, c = KEYS[k], m = KEYS[k + 1], o = KEYS[k + 2], s = s, g = g, told = true }
  watchTime(l)
  return l
end
-- What is known of a channel, or of a name that holds none (then where one would begin).
local function infoOf(l, birth)
  if not l then return { 0, birth, birth, 0, birth, 0, 0 } end
  local s, g = l.s, l.g
  local closed = s[9] and 1 or 0
  local info = { 1, s[1], s[2], s[3], s[4], s[5], closed, g[1], g[3], g[4], g[5], g[6], g[7], g[8], g[9] and 1 or 0 }
  info[16] = g[10]
  return info
end
`
