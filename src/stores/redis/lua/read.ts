/** Lua that reads a log: where a position stands in it, pages, gaps, snapshots, in the steps of `rules/position.ts`. */

export const locate = `
-- Answers micros and number of the last message that is not after the position, or why it is none of this log.
local function locate(l, micros, number)
  local s = l.s
  if micros == s[4] and number == s[5] then return s[4], s[5] end
  if micros < s[2] or (micros == s[2] and number < s[3]) then
    return nil, micros >= s[1] and 'trimmed' or 'reset'
  end
  local before, beforeNumber = s[2], s[3]
  if s[5] > s[3] then
    local found = call('XREVRANGE', l.m, id(micros, number), '(' .. id(s[2], s[3]), 'COUNT', 1)
    if found[1] then before, beforeNumber = idOf(found[1][1]) end
  end
  if micros == before then return before, beforeNumber end
  local found = call('XRANGE', l.m, '(' .. id(micros, number), '+', 'COUNT', 1)
  if found[1] and micros == (idOf(found[1][1])) then return before, beforeNumber end
  return nil, 'reset'
end
-- A log without messages, for a name that holds none.
local function emptyLog(p, name, k)
  local birth = past(p, name)
  local s = { birth, birth, 0, birth, 0, birth, 0, 0, false, false, 0, 0, 0 }
  return { p = p, name = name, c = KEYS[k], m = KEYS[k + 1], o = KEYS[k + 2], s = s, g = { '', '', -1, -1, -1, -1 } }
end
`

/**
 * ARGV: the name, the word, two numbers, messages, bytes, `align`; for snapshots four numbers: after and until, or -1.
 * Answers what lies there, what is known of the channel, from, to, whether that is all, and pairs of id and message.
 */
export const read = `
local name, word = ARGV[3], ARGV[4]
local one, two = tonumber(ARGV[5]), tonumber(ARGV[6])
local most, mostBytes, align = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local p = partition(1)
local exists = find(p, 5, name)
if not exists and isGone(p, name) then return { 'gone' } end
local l = exists or emptyLog(p, name, 5)
if exists and l.g[5] >= 0 and retain(l) then save(l) end
local s = l.s
local info = infoOf(exists, s[1])

local function gap(reason, micros, number)
  return { reason, info, micros, number }
end
-- From the message after this one on.
local function page(micros, number, fromMicros, fromNumber)
  local found, bytes, count, done = {}, 0, 0, false
  local toMicros, toNumber = micros, number
  while not done and toNumber < s[5] do
    local many = math.min(64, most - count + 1)
    local entries = call('XRANGE', l.m, '(' .. id(toMicros, toNumber), '+', 'COUNT', num(many))
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do
      local size = open_(entry[2][2])
      bytes = bytes + size
      if count > 0 and (count >= most or bytes > mostBytes) then done = true break end
      count = count + 1
      found[2 * count - 1], found[2 * count] = entry[1], entry[2][2]
      toMicros, toNumber = idOf(entry[1])
      if align > 0 and toNumber % align == 0 then done = true break end
    end
  end
  local all = toNumber >= s[5]
  if all then toMicros, toNumber = s[4], s[5] end
  return { 'page', info, fromMicros, fromNumber, toMicros, toNumber, all and 1 or 0, found }
end
local function pageAt(micros, number)
  local found, which = locate(l, micros, number)
  if not found then return gap(which, micros, number) end
  return page(found, which, micros, number)
end
-- The newest N: numbers are dense, so the one before them is found by counting back.
local function last(count)
  local number = math.max(s[3], s[5] - count)
  if number == s[3] then return page(s[2], s[3], s[2], s[3]) end
  if number == s[5] then return page(s[4], s[5], s[4], s[5]) end
  local low, high = s[2], s[4]
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    local found = call('XRANGE', l.m, num(middle), '+', 'COUNT', 1)
    local micros, first = idOf(found[1][1])
    if first > number then high = middle - 1 else low = micros end
  end
  local found = call('XRANGE', l.m, id(low, number), id(low, number))
  if not found[1] then return page(s[2], s[3], s[2], s[3]) end
  return page(low, number, low, number)
end

-- Keys that changed since are looked up from the messages that came since: each names the one of its key before it.
local function changedSince(micros, number, after, found)
  local seen, toMicros, toNumber = {}, micros, number
  while toNumber < s[5] do
    local entries = call('XRANGE', l.m, '(' .. id(toMicros, toNumber), '+', 'COUNT', 64)
    if #entries == 0 then return end
    for _, entry in ipairs(entries) do
      toMicros, toNumber = idOf(entry[1])
      local value = entry[2][2]
      local _, _, key = open_(value)
      if key and not seen[key] then
        seen[key] = true
        if byte(value) == 1 then
          local beforeNumber, beforeMicros = sunpack('>dd', value, 18)
          if beforeNumber > after and beforeNumber > 0 and beforeNumber <= number then
            local at = id(beforeMicros, beforeNumber)
            local older = call('XRANGE', l.m, at, at)[1]
            local _, _, _, tombstone = open_(older and older[2][2] or value)
            if older and not tombstone then found[#found + 1] = { beforeNumber, older[1], older[2][2] } end
          end
        end
      end
    end
  end
end
local function newest(after, micros, number)
  local found = {}
  local keys = call('ZRANGEBYSCORE', l.o, '(' .. num(after), num(number), 'LIMIT', 0, num(most + 1))
  for _, key in ipairs(keys) do
    local keyMicros, keyNumber = keptOf(l, key)
    local at = id(keyMicros, keyNumber)
    local entry = call('XRANGE', l.m, at, at)[1]
    if entry then found[#found + 1] = { keyNumber, entry[1], entry[2][2] } end
  end
  if number < s[5] then changedSince(micros, number, after, found) end
  table.sort(found, function(a, b) return a[1] < b[1] end)
  return found
end
local function snapshot(after, afterNumber, until_, untilNumber)
  local endMicros, endNumber = s[4], s[5]
  if until_ >= 0 and (until_ < s[4] or (until_ == s[4] and untilNumber < s[5])) then
    endMicros, endNumber = until_, untilNumber
  end
  local toMicros, toNumber = s[4], s[5]
  if until_ >= 0 then
    toMicros, toNumber = locate(l, until_, untilNumber)
    if not toMicros then
      if after >= 0 then return gap(toNumber, after, afterNumber) end
      return gap(toNumber, endMicros, endNumber)
    end
  end
  if l.g[6] < 0 then
    local result = after >= 0 and pageAt(after, afterNumber) or page(s[2], s[3], s[2], s[3])
    if result[1] ~= 'page' then return result end
    if result[5] < endMicros or (result[5] == endMicros and result[6] < endNumber) then return result end
    local kept = {}
    for i = 1, #result[8], 2 do
      local micros, number = idOf(result[8][i])
      if micros < endMicros or (micros == endMicros and number <= endNumber) then
        kept[#kept + 1] = result[8][i]
        kept[#kept + 1] = result[8][i + 1]
      end
    end
    return { 'page', info, result[3], result[4], endMicros, endNumber, 1, kept }
  end
  if after >= 0 and after < s[1] then return gap('reset', after, afterNumber) end
  local found = newest(after >= 0 and afterNumber or -1, toMicros, toNumber)
  local messages, bytes, count = {}, 0, 0
  for _, one in ipairs(found) do
    bytes = bytes + open_(one[3])
    if count > 0 and (count >= most or bytes > mostBytes) then break end
    count = count + 1
    messages[2 * count - 1], messages[2 * count] = one[2], one[3]
    if count < #found then toMicros, toNumber = idOf(one[2]) end
  end
  local complete = count == #found
  if complete then toMicros, toNumber = endMicros, endNumber end
  local fromMicros, fromNumber = after, afterNumber
  if after < 0 then fromMicros, fromNumber = s[1], 0 end
  return { 'page', info, fromMicros, fromNumber, toMicros, toNumber, complete and 1 or 0, messages }
end

if word == 'start' then return page(s[2], s[3], s[2], s[3]) end
if word == 'now' then return page(s[4], s[5], s[4], s[5]) end
if word == 'last' then return last(one) end
if word == 'at' then return pageAt(one, two) end
return snapshot(one, two, tonumber(ARGV[10]), tonumber(ARGV[11]))
`

/**
 * ARGV: how many partitions, then of each channel its name and partition. KEYS of a channel: its record alone. Answers
 * what is known of each, `gone`, or `due`: time has changed it, which has to be written down first.
 */
export const position = `
local many, all = tonumber(ARGV[3]), {}
for i = 0, many - 1 do partition(1 + 4 * i) end
for c = 0, (#ARGV - 3) / 2 - 1 do
  local name, p = ARGV[4 + 2 * c], partition(1 + 4 * tonumber(ARGV[5 + 2 * c]))
  local l = look(p, 1 + 4 * many + c, name)
  if l and (hasExpired(l) or (l.g[5] >= 0 and l.s[3] < l.s[5])) then
    all[c + 1] = 'due'
  elseif l then
    all[c + 1] = infoOf(l)
  elseif isGone(p, name) then
    all[c + 1] = 'gone'
  else
    all[c + 1] = infoOf(nil, past(p, name))
  end
end
return all
`
