/** Jobs that the offload tests run in workers. */
import { AnywireError } from '../../../dist/protocol/error.js'

/** @typedef {import('../../../dist/workers/index.js').JobContext<number>} Context */

const pause = () => new Promise((resolve) => setTimeout(resolve))

/**
 * Inverts the colours, and tells after each line what part is done.
 * @param {ImageData} image
 * @param {Context} context
 */
export default async function invert(image, { progress, signal, transfer }) {
  const { data, width, height } = image
  for (let y = 0; y < height; y++) {
    for (let at = y * width * 4; at < (y + 1) * width * 4; at++) if (at % 4 !== 3) data[at] = 255 - (data[at] ?? 0)
    progress((y + 1) / height)
    if (y % 10 === 0) await pause()
    signal.throwIfAborted()
  }
  return transfer(image, [data.buffer])
}

const name = crypto.randomUUID()
/** @type {unknown[]} */
const seen = []

/** Which worker this is. */
export const whoami = () => name

/**
 * Notes its inputs, and answers what this worker has noted.
 * @param {unknown} input
 */
export async function note(input) {
  seen.push(`${input} begins`)
  await pause()
  seen.push(`${input} ends`)
  return seen
}

/**
 * Lasts until it is cancelled, and notes why it was.
 * @param {unknown} _input
 * @param {Context} context
 */
export async function patient(_input, { progress, signal }) {
  progress(0)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  seen.push(String(signal.reason))
}

/**
 * Uses the processor for so many milliseconds.
 * @param {number} ms
 * @param {Context} context
 */
export function burn(ms, { progress }) {
  const end = performance.now() + ms
  let turns = 0
  while (performance.now() < end) progress(turns++)
  return turns
}

/**
 * Never ends.
 * @param {unknown} _input
 * @param {Context} context
 */
export function stubborn(_input, context) {
  return burn(Number.POSITIVE_INFINITY, context)
}

/** Throws, from a function of its own. */
export function fail() {
  return deep()
}

function deep() {
  throw new RangeError('no such row', { cause: new TypeError('row -1') })
}

export function refuse() {
  throw new AnywireError('too-large', 'The table is too large.', { details: { expected: 10 } })
}

/** Fails where no promise hears of it. */
export function crash() {
  setTimeout(() => {
    throw new Error('boom')
  })
  return new Promise(() => {})
}

/** Closes its worker. */
export function leave() {
  close()
  return new Promise(() => {})
}

/** Answers what cannot be sent. */
export const unsendable = () => () => {}
