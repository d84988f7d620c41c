/** The message that every server carries: 128 bytes of JSON with a sequence number and one byte that tells it from everything around it. */

/** Bytes of a message, where nothing else is said. */
export const messageBytes = 128
/** Stands once in every message, right after the eight digits of its sequence number, and nowhere else in text that a server adds. */
export const mark = '@'.charCodeAt(0)
export const digits = 8

const head = '{"seq":"'
const tail = '@","pad":"'

/** @param {number} seq @param {number} [bytes] of the message */
export function spell(seq, bytes = messageBytes) {
  const pad = 'x'.repeat(bytes - head.length - digits - tail.length - 2)
  return `${head}${String(seq).padStart(digits, '0')}${tail}${pad}"}`
}

/** The number that ends right before `end`. @param {Buffer} bytes @param {number} end */
export function sequenceBefore(bytes, end) {
  let seq = 0
  for (let at = end - digits; at < end; at++) seq = seq * 10 + bytes[at] - 48
  return seq
}
