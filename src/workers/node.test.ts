/** `anywire/workers` as Node loads it; what all places share is tested in test/browsers/offload.test.ts. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createPool, type Job, type JobContext, offload, type PoolOptions } from 'anywire/workers'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'

/** The URL of a module with this text. */
const moduleOf = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`)

const double = moduleOf(`export default (bytes, { progress, transfer }) => {
  progress('doubling')
  const result = bytes.map((byte) => byte * 2)
  return transfer(result, [result.buffer])
}`)
const burn = moduleOf('export default (ms) => { const end = performance.now() + ms; while (performance.now() < end); }')
const endless = moduleOf('export default (_, { progress }) => { for (;;) progress(0) }')
const slow = 'await new Promise((resolve) => setTimeout(resolve, 50))'
const counting = moduleOf(`${slow}; let runs = 0; export default () => ++runs`)
const exit = moduleOf('export default () => process.exit(3)')
const echo = moduleOf('export const same = (input) => input')

function poolWith(options: PoolOptions) {
  const pool = createPool(options)
  onTestFinished(() => pool.close())
  return pool
}

describe('offload in Node', () => {
  it('runs a job, with progress, and moves buffers', async () => {
    const bytes = Uint8Array.of(1, 2)
    const told: unknown[] = []
    const onProgress = (value: unknown) => told.push(value)
    expect(await offload(double, bytes, { transfer: [bytes.buffer], onProgress })).toEqual(Uint8Array.of(2, 4))
    expect([bytes.length, told]).toEqual([0, ['doubling']])
  })

  it('runs another export', async () => {
    expect(await offload(echo, 'x', { export: 'same' })).toBe('x')
  })

  it('rejects at once when it is cancelled, and ends a job that goes on', async () => {
    const pool = poolWith({ size: 1, graceMs: 20 })
    const controller = new AbortController()
    const reason = new Error('enough')
    const onProgress = () => controller.abort(reason)
    await expect(pool.offload(endless, 1, { signal: controller.signal, onProgress })).rejects.toBe(reason)
    expect(await pool.offload(echo, 'next', { export: 'same' })).toBe('next')
  })

  it('does not begin a job that is cancelled while its module loads', async () => {
    const pool = poolWith({ size: 1 })
    const controller = new AbortController()
    const cancelled = pool.offload(counting, 1, { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toBe(controller.signal.reason)
    expect(await pool.offload(counting, 1)).toBe(1)
  })

  it('moves nothing when it is cancelled beforehand', async () => {
    const bytes = Uint8Array.of(1)
    const signal = AbortSignal.abort()
    await expect(offload(double, bytes, { transfer: [bytes.buffer], signal })).rejects.toBe(signal.reason)
    expect(bytes.length).toBe(1)
  })

  it('cancels the job, and rejects, when onProgress throws', async () => {
    const thrown = new Error('no')
    const onProgress = () => {
      throw thrown
    }
    await expect(poolWith({ graceMs: 1 }).offload(endless, 1, { onProgress })).rejects.toBe(thrown)
  })

  it('rejects when the worker exits, and goes on with another', async () => {
    const pool = poolWith({ size: 1 })
    await expect(pool.offload(exit, 1)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('exit code 3'),
    })
    expect(await pool.offload(echo, 1, { export: 'same' })).toBe(1)
  })

  it('rejects what waits and runs when it is closed, and what comes after', async () => {
    const pool = poolWith({ size: 1 })
    const jobs = [pool.offload(burn, 10_000), pool.offload(burn, 10_000)]
    pool.close()
    for (const job of [...jobs, pool.offload(burn, 1)]) await expect(job).rejects.toMatchObject({ code: 'closed' })
  })

  it('refuses a pool of no workers, and what is no URL', async () => {
    expect(() => createPool({ size: 0 })).toThrow('pass a whole number from 1')
    await expect(offload('job.js', 1)).rejects.toMatchObject({ code: 'bad-request' })
  })

  it('does not keep a program running that has no more jobs', async () => {
    const job = `offload('${echo}', 'x', { export: 'same' })`
    const script = `import('anywire/workers').then(({ offload }) => ${job}).then(console.log)`
    const started = performance.now()
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
    expect(stdout).toBe('x\n')
    expect(performance.now() - started).toBeLessThan(9_000)
  })

  it('takes the types of a named job', () => {
    type Grey = Job<ImageData, Uint8Array, number>
    expectTypeOf(offload<Grey>)
      .parameter(1)
      .toEqualTypeOf<ImageData>()
    expectTypeOf(offload<Grey>).returns.resolves.toEqualTypeOf<Uint8Array>()
    const plain = (input: string, { progress }: JobContext<number>) => progress(input.length)
    expectTypeOf(offload<typeof plain>)
      .parameter(1)
      .toEqualTypeOf<string>()
    expectTypeOf(offload).parameter(1).toEqualTypeOf<unknown>()
  })
})
