/** Lua for forks. Source and fork may lie in different slots: a fork is cut, copied aside, and put in its place. */

/**
 * Where the source is to be cut, and a hold on its name. ARGV: name; micros and number of the position (-1: the head,
 * -2: the start); sub-offset; how it counts (`json` or bytes); the hold, and how long it counts. Answers `missing`,
 * `gone`, a reason, or the cut: what is known of the source, its last micros, when its newest message came, the place
 * of the cut, the message that is cut in two, and what is kept for its key before the first message.
 */
export const cut = `
local p, name = partition(1), ARGV[3]
local micros, number, under = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local l = find(p, 5, name)
if not l then return { isGone(p, name) and 'gone' or 'missing' } end
local s = l.s
retain(l)
if micros == -2 then
  micros, number = s[2], s[3]
elseif micros == -1 then
  micros, number = s[4], s[5]
else
  micros, number = locate(l, micros, number)
  if not micros then return { number } end
end
local resolved = { micros, number }
local part = ''
if under > 0 then
  local entries = call('XRANGE', l.m, '(' .. id(micros, number), '+', 'COUNT', ARGV[7] == 'json' and under or 1)
  if #entries == 0 then return { 'nothing', resolved } end
  local firstMicros = idOf(entries[1][1])
  if ARGV[7] == 'json' then
    local lastMicros, lastNumber = idOf(entries[#entries][1])
    if #entries < under or lastMicros ~= firstMicros then return { 'few', resolved } end
    micros, number = lastMicros, lastNumber
  else
    local size = open_(entries[1][2][2])
    if under > size then return { 'short', resolved, size } end
    if under == size then micros, number = idOf(entries[1][1]) else part = entries[1][2][2] end
  end
end
local kept = {}
for _, key in ipairs(call('ZRANGEBYSCORE', l.o, '-inf', num(s[3]))) do
  local keyMicros, keyNumber = keptOf(l, key)
  kept[#kept + 1] = id(keyMicros, keyNumber)
end
local holds = holdsOf(p, name)
holds[ARGV[8]] = nowMs + tonumber(ARGV[9])
call('HSET', p.s, 'h' .. name, pack(holds))
save(l)
return { 'cut', infoOf(l), s[6], s[7], resolved, micros, number, part, kept }
`

/** Messages of the source, by their ids. ARGV: from (exclusive), to, how many. */
export const slice = `
return call('XRANGE', KEYS[1], '(' .. ARGV[3], ARGV[4], 'COUNT', ARGV[5])
`

/**
 * Copies messages aside. ARGV: the record as JSON, or nothing; 1 for what is kept for its key; pairs of id and message.
 */
export const stage = `
local l = { c = KEYS[1], m = KEYS[2], o = KEYS[3], told = true }
if ARGV[3] ~= '' then
  local said = cjson.decode(ARGV[3])
  l.s, l.g = said[1], said[2]
else
  local r = call('HMGET', l.c, 's', 'g')
  if not r[1] then return 0 end
  l.s, l.g = unpack_(r[1]), unpack_(r[2])
end
for i = 5, #ARGV, 2 do
  local micros, number = idOf(ARGV[i])
  local value = ARGV[i + 1]
  local _, came, key, tombstone, at, traces = open_(value)
  if ARGV[4] == '1' then
    call('XADD', l.m, ARGV[i], 'd', '\\0' .. sub(value, 2, 17) .. sub(value, at))
    if traces > 0 then noteTraced(l) end
    rememberKey(l, key, micros, number, tombstone)
  else
    l.s[7] = came
    push(l, sub(value, at), micros)
  end
end
save(l)
for i = 1, 3 do call('EXPIRE', KEYS[i], 600) end
return 1
`

/**
 * Puts what was copied aside in its place. KEYS: the partition, the channel, what was copied. ARGV: name, origin,
 * source, hold, last micros of the source, when its newest message came, the message that is cut in two or nothing, its
 * step, the first messages of the fork as an append.
 */
export const install = `
local p, name = partition(1), ARGV[3]
local existing = find(p, 5, name)
if existing then return { 'exists', infoOf(existing) } end
if isGone(p, name) then return { 'gone' } end
local r = call('HMGET', KEYS[8], 's', 'g', 'f')
if not r[1] then return { 'lost' } end
local s, g = unpack_(r[1]), unpack_(r[2])
g[10], g[11], g[12] = ARGV[4], ARGV[5], ARGV[6]
local l = open(p, 5, name, g, s[1], s[2], s[3], math.max(tonumber(ARGV[7]), past(p, name)))
for i = 0, 2 do
  if call('EXISTS', KEYS[8 + i]) == 1 then
    call('RENAME', KEYS[8 + i], KEYS[5 + i])
    call('PERSIST', KEYS[5 + i])
  end
end
l.s[4], l.s[5], l.s[8], l.s[7] = s[4], s[5], s[8], tonumber(ARGV[8])
if r[3] then
  call('HDEL', l.c, 'f')
  noteTraced(l)
end
if ARGV[9] ~= '' then push(l, ARGV[9], mint(l, tonumber(ARGV[10]))) end
local a = readAppend(ARGV[11], 1)
store(l, a)
retain(l)
save(l)
call('SPUBLISH', l.c, changed)
return { 'created', infoOf(l) }
`

/**
 * The fork is there, or it is gone. ARGV: the name of the source, the hold, 1: it is there. Answers what is to be
 * released.
 */
export const settle = `
local p, name = partition(1), ARGV[3]
local holds = holdsOf(p, name)
if not holds[ARGV[4]] then return released end
holds[ARGV[4]] = ARGV[5] == '1' and 0 or nil
if next(holds) then
  call('HSET', p.s, 'h' .. name, pack(holds))
else
  call('HDEL', p.s, 'h' .. name)
  if call('HEXISTS', p.s, 'g' .. name) == 1 then free(p, name) end
end
return released
`
