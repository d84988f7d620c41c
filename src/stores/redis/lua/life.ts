/** Lua for the life of channels: created, kept by another policy, used, deleted, expired. */

/** ARGV: the name, an append with `create` as Node has packed it. Without one it only looks. */
export const create = `
local name, blob = ARGV[3], ARGV[4]
local p = partition(1)
local l = find(p, 5, name)
if l then return { 'exists', infoOf(l) } end
if isGone(p, name) then return { 'gone' } end
if blob == '' then return { 'missing' } end
local a = readAppend(blob, 1)
local birth = past(p, name)
l = open(p, 5, name, configOf(a.create), birth, birth, 0, birth)
local wake = newWake()
store(l, a, wake)
retain(l)
save(l)
publish(l, wake)
return { 'created', infoOf(l) }
`

/** ARGV: the name, then messages, bytes, ageMs and maxKeys. */
export const configure = `
local p = partition(1)
local l = find(p, 5, ARGV[3])
if not l then return 0 end
local g, s = l.g, l.s
local had = g[6]
for i = 3, 6 do g[i] = tonumber(ARGV[i + 1]) end
l.told = true
if g[6] < 0 then
  for _, key in ipairs(call('ZRANGE', l.o, 0, -1)) do
    local micros, number = keptOf(l, key)
    forgetKey(l, key, micros, number)
  end
elseif had < 0 then
  -- What was trimmed is gone for good: it may still lie there.
  call('XTRIM', l.m, 'MINID', id(s[2], s[3] + 1))
  local micros, number = s[2], s[3]
  while number < s[5] do
    local entries = call('XRANGE', l.m, '(' .. id(micros, number), '+', 'COUNT', 100)
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do
      micros, number = idOf(entry[1])
      local _, _, key, tombstone = open_(entry[2][2])
      if key then rememberKey(l, key, micros, number, tombstone) end
    end
  end
else
  forgetOldKeys(l)
end
retain(l)
watchTime(l)
save(l)
return 1
`

/** ARGV: the name; 1 keeps it while it has forks. Answers what became of it, and what is to be released. */
export const remove = `
local p, name = partition(1), ARGV[3]
local l = find(p, 5, name)
if l then
  drop(l, ARGV[4] == '1')
  return { 'deleted', released }
end
if isGone(p, name) then
  free(p, name)
  return { 'gone', released }
end
return { 'missing', released }
`

/**
 * What time has done to channels is written down. ARGV: 1 if they are used at this moment, how many partitions, then of
 * each channel its name and partition. Answers what is known of each.
 */
export const tend = `
local many, all = tonumber(ARGV[4]), {}
for i = 0, many - 1 do partition(1 + 4 * i) end
for c = 0, (#ARGV - 4) / 2 - 1 do
  local name, p = ARGV[5 + 2 * c], partition(1 + 4 * tonumber(ARGV[6 + 2 * c]))
  local l = find(p, 1 + 4 * many + 3 * c, name)
  if l then
    if ARGV[3] == '1' then l.s[11] = nowMs else watchTime(l) end
    if retain(l) or ARGV[3] == '1' then save(l) end
    all[c + 1] = infoOf(l)
  elseif isGone(p, name) then
    all[c + 1] = 'gone'
  else
    all[c + 1] = infoOf(nil, past(p, name))
  end
end
return all
`

/**
 * ARGV: how many partitions. Answers of each: which log of logs it is (another one after all was lost), channels whose
 * time may have come, and what is to be released.
 */
export const due = `
local all = {}
for i = 0, tonumber(ARGV[3]) - 1 do
  local p = partition(1 + 4 * i)
  local due = call('ZRANGEBYSCORE', p.x, '-inf', num(nowMs), 'LIMIT', 0, 100)
  all[i + 1] = { p.e, due, call('HSCAN', p.d, 0, 'COUNT', 100)[2] }
end
return all
`

/** A source has been told. ARGV: the hold. */
export const forget = `
return call('HDEL', KEYS[4], ARGV[3])
`
