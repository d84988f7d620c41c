/** Tests of the wire of a reader in this process. */
import { describe, expect, it } from 'vitest'
import { deferred } from '../../test/support/core/deferred.js'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { AnywireError } from '../protocol/error.js'
import { message, sliceOf, type WireUnderTest, wireContract } from '../testing/index.js'
import { LocalWire } from './local.js'

/** A reader that takes slice after slice until it is paused. */
async function open(): Promise<WireUnderTest> {
  const wire = new LocalWire()
  let text = ''
  let going = deferred<void>()
  going.resolve()
  let told = deferred<void>()
  const ended = (async () => {
    try {
      for (;;) {
        await going.promise
        const item = await wire.take()
        if (item === undefined) return {}
        if ('messages' in item) for (const { data } of item.messages) text += Buffer.from(data!).toString()
        told.resolve()
        told = deferred()
      }
    } catch (thrown) {
      const { meaning, message: reason } = AnywireError.from(thrown)
      return { code: meaning.close, reason }
    }
  })()
  return {
    wire,
    async received(length) {
      while (text.length < length) await told.promise
      return text
    },
    pause() {
      going = deferred()
    },
    resume: () => going.resolve(),
    ended,
    release: () => wire.destroy(),
  }
}

wireContract('reader in this process', open, { counts: false })

wireContract('wire in memory, as the tests of the core use it', async () => {
  const wire = new MemoryWire(100_000)
  const ended = wire.until(() => false).then(() => ({ code: wire.reason?.meaning.close, reason: wire.reason?.message }))
  return {
    wire,
    received: async (length) => (await wire.until(() => wire.text.length >= length)).text,
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    leave: () => wire.destroy(),
    say: () => {
      wire.received++
    },
    ended,
    release: () => wire.destroy(),
  }
})

describe('LocalWire', () => {
  it('gives what was written before the end, then the reason', async () => {
    const wire = new LocalWire()
    const slice = sliceOf('text', [message(1, 'a')])
    wire.write(Buffer.alloc(0), slice)
    wire.close(new AnywireError('draining', 'Leaving.'))
    expect(await wire.take()).toBe(slice)
    await expect(wire.take()).rejects.toThrow('Leaving.')
  })
})
