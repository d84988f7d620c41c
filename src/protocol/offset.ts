/** Offsets: how a position in a log is spelt, minted, parsed and compared. See PROTOCOL.md "Offsets". */
import { AnywireError } from './error.js'

/**
 * `%016d_%016d`: the microsecond at which a message was appended, and its number. Compare as strings, never as numbers.
 */
export type Offset = string

/** What a reader may ask for: a place in the log, or one of the words that name one. */
export type Position =
  | { readonly kind: 'start' }
  | { readonly kind: 'now' }
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'at'; readonly offset: Offset }

/** Accepted as "the start of what is kept", never minted. */
export const zeroOffset: Offset = '0000000000000000_0000000000000000'

const minted = /^\d{16}_\d{16}$/
const last = /^last-([1-9]\d{0,8})$/

/** Spells the offset of message `number`, appended at `micros` microseconds since 1970. Number 0 spells a birth. */
export function mintOffset(micros: number, number: number): Offset {
  return `${sixteen(micros)}_${sixteen(number)}`
}

const half = 100_000_000
const zeros = '00000000'

/** In halves: V8 spells integers of 31 bits several times as fast as larger ones, and remembers the upper half. */
function sixteen(number: number): string {
  if (number < half) return zeros + eight(number)
  const upper = Math.floor(number / half)
  return eight(upper) + eight(number - upper * half)
}

function eight(number: number): string {
  const digits = String(number)
  return zeros.slice(digits.length) + digits
}

/** The "when" of an offset, as its 16 digits. All messages of one append share it. */
export function whenOf(offset: Offset): string {
  return offset.slice(0, 16)
}

/** The microseconds of an offset as a number. */
export function microsOf(offset: Offset): number {
  return Number(offset.slice(0, 16))
}

/** The number of an offset: 1 for the first message of a log, 0 for its birth. */
export function numberOf(offset: Offset): number {
  return Number(offset.slice(17))
}

export function isOffset(text: string): boolean {
  return minted.test(text)
}

/**
 * Reads what a client sent as `offset`: an offset, `-1`, `now`, `last-N` or `snapshot`.
 * @throws AnywireError `bad-request` for anything else.
 */
export function parsePosition(text: string): Position {
  if (text === '-1' || text === zeroOffset) return { kind: 'start' }
  if (text === 'now') return { kind: 'now' }
  if (text === 'snapshot') return { kind: 'snapshot' }
  if (minted.test(text)) return { kind: 'at', offset: text }
  const count = last.exec(text)?.[1]
  if (count !== undefined) return { kind: 'last', count: Number(count) }
  throw new AnywireError(
    'bad-request',
    `The offset ${JSON.stringify(text.slice(0, 80))} is not one of ours: send an offset that this server ` +
      'gave, "-1", "now", "last-N" or "snapshot".',
  )
}
