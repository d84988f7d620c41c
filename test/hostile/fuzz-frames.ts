/** WebSocket frames and `anywire.v1` frames as no client sends them. */
import { clientFrame } from './frames.js'
import type { Random } from './random.js'
import { anyString, anyValue, spoilt } from './values.js'

/** A frame that may break any rule of RFC 6455. */
export function anyFrame(random: Random): Buffer {
  const payload = random.pick([
    () => JSON.stringify(anyValue(random)),
    () => random.bytes(random.below(200)),
    () => Buffer.from([0xc3, 0x28, 0xed, 0xa0, 0x80]),
    () => Buffer.alloc(random.pick([125, 126, 65_535, 65_536, 100_000]), 'x'),
    () => Buffer.from([0x03, random.below(256), 0xff]),
  ])()
  const whole = clientFrame(random.chance(0.6) ? random.pick([1, 2]) : random.below(16), payload, {
    fin: random.chance(0.8),
    rsv: random.chance(0.9) ? 0 : random.below(8),
    masked: random.chance(0.9),
    ...(random.chance(0.05) && { length: random.pick([0, 1, 200, 70_000, 2 ** 40]) }),
  })
  return random.chance(0.1) ? random.mutate(whole) : whole
}

/** A text frame that is a frame of `anywire.v1`, or was before some of it was changed. */
export function anySessionFrame(random: Random): Buffer {
  const channel = () => (random.chance(0.8) ? random.pick(['a', 'b', 'text', 'bytes', 'closed']) : anyString(random))
  const reading = () => ({
    channel: channel(),
    offset: random.pick(['now', '-1', 'last-2', 'snapshot', anyString(random)]),
    slow: random.pick(['catch-up', 'conflate', 'disconnect']),
    rate: random.pick([1, 7, 50]),
  })
  const frame = random.pick([
    () => ({ type: 'subscribe', subscriptions: [reading(), reading()] }),
    () => ({ type: 'unsubscribe', channels: [channel(), channel()] }),
    () => ({
      type: 'publish',
      id: random.below(100),
      channel: channel(),
      data: anyValue(random),
      event: 'e',
      key: 'k',
    }),
    () => ({
      type: 'publish',
      id: anyString(random),
      channel: channel(),
      base64: 'AAEC',
      producer: { id: 'p', epoch: 0, seq: random.below(5) },
    }),
    () => ({ type: 'ping', id: anyValue(random, 0) }),
    () => ({ type: 'auth', token: anyString(random) }),
  ])()
  return clientFrame(1, Buffer.from(spoilt(random, frame)))
}
