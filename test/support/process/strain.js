/** What it costs this process to serve: the longest block of its loop, and how far its memory grows. */

const periodMs = 5
let longest = 0
let peak = 0
let atFirst = 0
let wall = 0
let cpu = 0
let begun = false

/** What this process has worked since it began. */
function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Another process can keep this one waiting, but cannot make it work: a block is the shorter of the two times. */
function look() {
  const [now, worked] = [performance.now(), cpuMs()]
  longest = Math.max(longest, Math.min(now - wall, worked - cpu))
  peak = Math.max(peak, process.memoryUsage.rss())
  wall = now
  cpu = worked
}

/** Measures from here on. */
export function begin() {
  for (let i = 0; i < 3; i++) global.gc?.()
  atFirst = peak = process.memoryUsage.rss()
  longest = 0
  wall = performance.now()
  cpu = cpuMs()
  if (!begun) setInterval(look, periodMs)
  begun = true
}

export const strain = () => ({ blockedMs: longest, grownBytes: peak - atFirst, cpuMs: cpuMs() })
