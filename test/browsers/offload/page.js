/** What the offload tests ask of a page: each function answers what can be written as JSON. */
import { createPool } from '../../../dist/workers/index.js'

const jobs = new URL('./jobs.js', import.meta.url)
const context = /** @type {CanvasRenderingContext2D} */ (document.createElement('canvas').getContext('2d'))

/** @typedef {import('../../../dist/workers/index.js').PoolOptions} PoolOptions */

/** @param {unknown} thrown */
function described(thrown) {
  if (!(thrown instanceof Error)) return { thrown }
  const { name, message, stack, code, details, cause } = /** @type {Error & Record<string, unknown>} */ (thrown)
  return { class: thrown.constructor.name, name, message, stack, code, details, cause: String(cause) }
}

/** @param {Promise<unknown>} promise */
const outcome = (promise) => promise.then((value) => ({ value }), described)

/**
 * The outcomes of jobs that are started at once in a pool.
 * @param {[name: string, input?: unknown][]} orders
 * @param {PoolOptions} [options]
 */
async function run(orders, options) {
  const pool = createPool(options)
  const outcomes = orders.map(([name, input]) => outcome(pool.offload(jobs, input, { export: name })))
  const all = await Promise.all(outcomes)
  pool.close()
  return all
}

/** The outcomes of jobs that are started one after the other in a pool of one worker.
 * @param {[name: string, input?: unknown][]} orders
 */
async function runInTurn(orders) {
  const pool = createPool({ size: 1 })
  const all = []
  for (const [name, input] of orders) all.push(await outcome(pool.offload(jobs, input, { export: name })))
  pool.close()
  return all
}

/** Inverts a red image in a worker. */
async function invert() {
  const pool = createPool()
  context.fillStyle = '#f00'
  context.fillRect(0, 0, 200, 100)
  const image = context.getImageData(0, 0, 200, 100)
  /** @type {number[]} */
  const progress = []
  const running = pool.offload(jobs, image, {
    transfer: [image.data.buffer],
    onProgress: (part) => progress.push(Number(part)),
  })
  const left = image.data.length
  const result = /** @type {ImageData} */ (await running)
  pool.close()
  const { data, width, height } = result
  return { progress, left, isImage: result instanceof ImageData, width, height, pixel: [...data.slice(0, 4)] }
}

/**
 * Cancels a job once it has told something, while another waits behind it; says what both became at once, and what the next job answers.
 * @param {string} name
 * @param {string} next
 */
async function cancel(name, next) {
  const pool = createPool({ size: 1, graceMs: 50 })
  const worker = await pool.offload(jobs, undefined, { export: 'whoami' })
  const controller = new AbortController()
  const { signal } = controller
  /** @type {Promise<unknown>} */
  let waiting = Promise.resolve()
  const running = new Promise((resolve) => {
    const onProgress = () => resolve(undefined)
    waiting = Promise.all([
      outcome(pool.offload(jobs, undefined, { export: name, signal, onProgress })),
      outcome(pool.offload(jobs, 'waiting', { export: 'note', signal })),
    ])
  })
  await running
  controller.abort(new Error('enough'))
  const outcomes = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 0, 'late'))])
  const answer = await pool.offload(jobs, 'next', { export: next })
  const same = worker === (await pool.offload(jobs, undefined, { export: 'whoami' }))
  pool.close()
  return { outcomes, answer, same }
}

/** What becomes of an input that waits and of one that cannot be sent. */
async function inputs() {
  const pool = createPool({ size: 1 })
  const table = new Float64Array([1, 2, 3])
  const first = pool.offload(jobs, 20, { export: 'burn' })
  const second = pool.offload(jobs, table, { export: 'note', transfer: [table.buffer] })
  const left = table.length
  await Promise.all([first, second])
  const refused = await Promise.all([
    outcome(pool.offload(jobs, () => {}, { export: 'note' })),
    outcome(pool.offload(jobs, table, { export: 'note', transfer: [table.buffer] })),
  ])
  pool.close()
  return { left, refused }
}

/** The outcome of a module that is not there, and of the next job. */
async function missing() {
  const pool = createPool({ size: 1 })
  const outcomes = [
    await outcome(pool.offload('/missing.js', 1)),
    await outcome(pool.offload(jobs, 1, { export: 'note' })),
  ]
  pool.close()
  return outcomes
}

/** Two jobs, with a pause between them in which the worker is ended. */
async function afterIdling() {
  const pool = createPool({ size: 1, idleMs: 10 })
  const who = () => pool.offload(jobs, undefined, { export: 'whoami' })
  const first = await who()
  // Only the worker's file is asked for again when it starts again.
  while ((await who()) === first) await new Promise((resolve) => setTimeout(resolve, 50))
  pool.close()
  return true
}

/**
 * Keeps a thread busy; resolves with how often the page was told of it.
 * @param {'worker' | 'page'} where
 * @param {number} ms
 */
async function compute(where, ms) {
  let told = 0
  if (where === 'worker') {
    const pool = createPool()
    await pool.offload(jobs, ms, { export: 'burn', onProgress: () => told++ })
    pool.close()
  } else {
    // So much work, not so much time: where others have the processor, time passes without any.
    for (let left = ms * 2e5, sum = 1; left > 0; left--) sum = (Math.imul(sum, 31) + left) | 0
  }
  return told
}

Object.assign(globalThis, { run, runInTurn, invert, cancel, inputs, missing, afterIdling, compute })
