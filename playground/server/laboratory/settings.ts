/** Takes what a visitor wishes, and makes their line so. */
import { AnywireError } from 'anywire'
import type { FaultProxy } from '../faults/proxy.js'
import { type Settings, usual } from './usual.js'

const allowed: { readonly [Name in keyof Settings]: readonly Settings[Name][] } = {
  rate: [1, 10, 50, 200],
  size: [200, 1_000, 10_000],
  channels: [1, 3, 10],
  stalled: [false, true],
  webSockets: ['pass', 'refuse', 'black-hole'],
  buffered: [false, true],
  delayMs: [0, 50, 250, 1_000],
}
/** However large and many they are asked to be. */
const mostBytesPerSecond = 500_000
const heldBytes = 16_384

/** @throws AnywireError `rejected`, which the page shows. */
export function settingsOf(data: unknown): Settings {
  const given = { ...usual, ...Object(data) }
  for (const [name, values] of Object.entries(allowed)) {
    if ((values as readonly unknown[]).includes(given[name])) continue
    throw new AnywireError('rejected', `"${name}" is one of ${values.join(', ')}.`)
  }
  const { rate, size, channels, stalled, webSockets, buffered, delayMs } = given as Settings
  const fast = allowed.rate.filter((one) => one <= rate && one * size <= mostBytesPerSecond).at(-1)
  return { rate: fast ?? 1, size, channels, stalled, webSockets, buffered, delayMs }
}

/** Makes a line so. What is open and would not be touched by a change is ended, so that the change is seen at once. */
export function apply(proxy: FaultProxy, before: Settings, { stalled, webSockets, buffered, delayMs }: Settings): void {
  if (stalled) proxy.stall()
  else proxy.resume()
  proxy.delay(delayMs, delayMs / 4)
  proxy.buffer(buffered ? { bytes: heldBytes } : null)
  proxy.webSockets(webSockets === 'refuse' ? { refuse: 403 } : webSockets)
  if (webSockets !== before.webSockets) void proxy.reset(before.webSockets === 'black-hole' ? 'http' : 'websockets')
  if (buffered !== before.buffered) void proxy.reset('streams')
}
