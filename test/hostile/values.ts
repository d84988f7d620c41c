/** Values that programs stumble over: strings, numbers, JSON of any shape. */
import type { Random } from './random.js'

const strings = [
  '',
  ' ',
  'a',
  'null',
  '-1',
  'now',
  'last-3',
  'snapshot',
  'last-0',
  'last-999999999999',
  '0'.repeat(16),
  '../..',
  '$stats',
  '__proto__',
  'constructor',
  '0000000000000000_0000000000000000',
  '9999999999999999_9999999999999999',
  '1700000000000000_0000000000000001',
  'ü€😀',
  '\ud800',
  '\u0000',
  '\r\nX: y',
  'x'.repeat(600),
  '%00',
  'a/b',
  '/',
  'conflate',
  'disconnect',
  'catch-up',
  'sse',
  'poll',
  'long-poll',
  'application/json',
  'text/plain',
  'true',
  '1e999',
]
const numbers = [0, -0, 1, -1, 0.5, 20, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, Number.MIN_VALUE]

export function anyString(random: Random): string {
  return random.chance(0.9) ? random.pick(strings) : random.bytes(random.below(40)).toString('latin1')
}

/** A JSON value, at most `depth` deep. */
export function anyValue(random: Random, depth = 3): unknown {
  const kind = random.below(depth > 0 ? 8 : 5)
  if (kind < 2) return anyString(random)
  if (kind === 2) return random.pick(numbers)
  if (kind === 3) return random.chance(0.5)
  if (kind === 4) return null
  if (kind === 5) return Array.from({ length: random.below(4) }, () => anyValue(random, depth - 1))
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [anyString(random), anyValue(random, depth - 1)]),
  )
}

/** JSON text of a value some of whose parts were left out, replaced, or wrapped; now and then no JSON any more. */
export function spoilt(random: Random, value: unknown): string {
  if (random.chance(0.02)) return nested(random)
  const text = JSON.stringify(replace(random, value)) ?? 'null'
  return random.chance(0.15) ? random.mutate(Buffer.from(text)).toString() : text
}

function replace(random: Random, value: unknown): unknown {
  if (random.chance(0.03)) return anyValue(random)
  if (Array.isArray(value)) return value.filter(() => random.chance(0.97)).map((item) => replace(random, item))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(() => random.chance(0.98))
  const fields = kept.map(([name, field]) => [name, replace(random, field)])
  if (random.chance(0.05)) fields.push([anyString(random), anyValue(random)])
  return Object.fromEntries(fields)
}

/** As deep as fits into a body of 64 KiB. */
function nested(random: Random): string {
  const [open, close, most] = random.pick([
    ['[', ']', 30_000],
    ['{"data":', '}', 6_000],
  ] as const)
  const depth = random.pick([100, most])
  return open.repeat(depth) + (random.chance(0.5) ? `1${close.repeat(depth)}` : '')
}
