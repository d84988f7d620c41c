/** CRC-32 of gzip (RFC 1952 §8), and how the sums of two pieces are joined without reading them again. */
import zlib from 'node:zlib'

const polynomial = 0xedb88320
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ polynomial : sum >>> 1
  return sum
})

/** The sum of `bytes` after those whose sum is `before`. Node has it from 20.15 on. */
export const crc32: (bytes: Uint8Array, before?: number) => number = zlib.crc32 ?? slowCrc32

export function slowCrc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]!) & 0xff]!
  return ~sum >>> 0
}

/**
 * What `joinSums` needs to know of the length of a piece: x to the power of its bits, modulo the polynomial. Worked out
 * once for a piece that many streams carry.
 */
export function shiftOf(length: number): number {
  let shift = 1 << 31 // 1
  let power = powerOfByte
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = times(power, shift)
    power = times(power, power)
  }
  return shift
}

/** The sum of a piece with sum `first`, followed by one with `second` whose length has this `shift`. */
export function joinSums(first: number, second: number, shift: number): number {
  return (times(shift, first) ^ second) >>> 0
}

/** x to the power of 8. */
const powerOfByte = 1 << 23

/** Product of two polynomials, the highest bit standing for 1, modulo the polynomial. */
function times(one: number, other: number): number {
  let product = 0
  let shifted = other
  for (let bit = 1 << 31; bit !== 0; bit >>>= 1) {
    if (one & bit) {
      product ^= shifted
      if ((one & (bit - 1)) === 0) break
    }
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1
  }
  return product
}
