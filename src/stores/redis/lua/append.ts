/** Lua: what becomes of an append, in the steps of `rules/append.ts`, and many appends in one script. */

/**
 * The first number of an answer, as the script gives it. Numbers of producers are texts: they may be too long for
 * others.
 */
export const outcome = {
  appended: 0,
  duplicate: 1,
  fenced: 2,
  sequenceGap: 3,
  badEpoch: 4,
  closed: 5,
  mismatch: 6,
  staleSeq: 7,
  missing: 8,
  gone: 9,
} as const

/** ARGV: how many partitions, how many channels; of each channel its name and partition; all appends in one text. */
export const append = `
-- By bytes: Lua compares texts as the locale says.
local function follows(seq, last)
  local most = math.min(#seq, #last)
  for i = 1, most do
    local one, other = byte(seq, i), byte(last, i)
    if one ~= other then return one > other end
  end
  return #seq > #last
end
local function refuseProducer(l, a, head, number, closed)
  local said = l and call('HGET', l.c, 'p' .. a.producer)
  if not said then
    if a.number == 0 then return nil end
    return { 3, '0', num(a.number) }
  end
  local epoch, seq = string.match(said, '^(%S+) (%S+)')
  epoch, seq = tonumber(epoch), tonumber(seq)
  if a.epoch < epoch then return { 2, num(epoch) } end
  if a.epoch > epoch then
    if a.number == 0 then return nil end
    return { 4 }
  end
  if a.number <= seq then return { 1, head, number, num(epoch), num(seq), closed and 1 or 0 } end
  if a.number == seq + 1 then return nil end
  return { 3, num(seq + 1), num(a.number) }
end
local function judge(p, l, name, a)
  local head, number, closed, last = 0, 0, false, false
  local type, media
  if l then
    head, number, closed, last = l.s[4], l.s[5], l.s[9], l.s[10]
    type, media = l.g[1], l.g[2]
  else
    if isGone(p, name) and not (a.revive and a.create) then return { 9 } end
    if not a.create then return { 8 } end
    a.config = configOf(a.create)
    a.birth = past(p, name)
    head, type, media = a.birth, a.config[1], a.config[2]
  end
  local closeOnly = a.count == 0 and a.close
  if a.producer then
    local refused = refuseProducer(l, a, head, number, closed)
    if refused then return refused end
  end
  if closed then
    if not closeOnly or a.producer then return { 5, head, number } end
  else
    if a.type and not closeOnly and a.type ~= media then return { 6, type } end
    if a.seq and last and not follows(a.seq, last) then return { 7, last } end
  end
  if (a.count == 0 and not a.close) or closed then return { 0, head, number, head, number, closed and 1 or 0 } end
  return nil
end

local blob, at, answers = ARGV[#ARGV], 1, {}
local many, channels = tonumber(ARGV[3]), tonumber(ARGV[4])
for i = 0, many - 1 do partition(1 + 4 * i) end
for c = 0, channels - 1 do
  local name, p = ARGV[5 + 2 * c], partition(1 + 4 * tonumber(ARGV[6 + 2 * c]))
  local k = 1 + 4 * many + 3 * c
  local l = find(p, k, name)
  local count
  count, at = sunpack('>I4', blob, at)
  local wake, stored = newWake(), false
  for _ = 1, count do
    local a
    a, at = readAppend(blob, at)
    local answer = judge(p, l, name, a)
    if not answer then
      if not l then l = open(p, k, name, a.config, a.birth, a.birth, 0, a.birth) end
      local first = store(l, a, wake)
      local s = l.s
      answer = spack('>dddB', s[4], first or s[5], s[5], s[9] and 1 or 0)
      stored = true
    end
    answers[#answers + 1] = answer
  end
  if stored then
    retain(l)
    save(l)
    publish(l, wake)
  end
end
return answers
`
