/** The outbox before what sends its publishes is loaded. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { Outbox, type OutboxOptions } from './outbox.js'

// Loading takes real time, which the clock of the outbox knows nothing of.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** An outbox whose sender cannot be loaded so often. */
function outboxOf(options: Partial<OutboxOptions> = {}, failures = 0) {
  const sent: unknown[] = []
  let loads = 0
  const outbox = new Outbox({
    early: Promise.resolve(false),
    send: (requests: readonly PublishRequest[]) => sent.push(...requests.map(({ data }) => data)),
    load: async () => {
      if (loads++ < failures) throw new Error('Not there.')
      return import('./sender.js')
    },
    ...options,
  })
  return { outbox, sent, loads: () => loads }
}

/** What comes while the clock stands. */
async function soon(fact: () => void): Promise<void> {
  for (let turns = 0; ; turns++) {
    try {
      return fact()
    } catch (thrown) {
      if (turns > 1_000_000) throw thrown
      await new Promise(setImmediate)
    }
  }
}

describe('an outbox', () => {
  it('sends what was published before it could send, in order', async () => {
    const { outbox, sent } = outboxOf()
    for (const data of [1, 2, 3]) void outbox.publish({ channel: 'a', data }).catch(() => {})
    await soon(() => expect(sent).toEqual([1, 2, 3]))
    await outbox.close(new AnywireError('closed', 'No more.'))
  })

  it('tells that it cannot be loaded, and tries again', async () => {
    const { outbox, sent } = outboxOf({}, 2)
    const failing = vi.fn()
    outbox.publish({ channel: 'a', data: 1 }, { failing }).catch(() => {})
    await soon(() => expect(failing).toHaveBeenCalledTimes(1))
    expect(failing.mock.calls[0]![0]).toMatchObject({ code: 'unavailable' })
    await vi.advanceTimersByTimeAsync(500)
    await soon(() => expect(failing).toHaveBeenCalledTimes(2))
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(1_000)
    await soon(() => expect(sent).toEqual([1]))
    await outbox.close(new AnywireError('closed', 'No more.'))
  })

  it('tries again at once when a link is opened', async () => {
    const { outbox, sent } = outboxOf({}, 1)
    const failing = vi.fn()
    const began = Date.now()
    outbox.publish({ channel: 'a', data: 1 }, { failing }).catch(() => {})
    await soon(() => expect(failing).toHaveBeenCalledOnce())
    outbox.linked()
    await vi.advanceTimersByTimeAsync(0)
    await soon(() => expect(sent).toEqual([1]))
    expect(Date.now() - began).toBeLessThan(500)
    await outbox.close(new AnywireError('closed', 'No more.'))
  })

  it('takes no more than there is room for', async () => {
    const { outbox } = outboxOf({ maxMessages: 2 }, 1)
    const ends = [1, 2, 3].map((data) => outbox.publish({ channel: 'a', data }).catch(({ code }) => code))
    expect(await ends[2]).toBe('too-many')
    const closed = outbox.close(new AnywireError('closed', 'No more.'))
    expect(await Promise.all(ends)).toEqual(['closed', 'closed', 'too-many'])
    await closed
    expect(outbox.size).toBe(0)
  })

  it('sends nothing when it was closed while it was loaded', async () => {
    const { outbox, sent } = outboxOf()
    const end = outbox.publish({ channel: 'a', data: 1 }).catch(({ code }) => code)
    await outbox.close(new AnywireError('closed', 'No more.'))
    expect(await end).toBe('closed')
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.dynamicImportSettled()
    expect(sent).toEqual([])
  })

  it('opens no store for a page that only reads, and has what sends ready after a while', async () => {
    const open = vi.fn()
    const { outbox, loads } = outboxOf({ open })
    outbox.linked()
    await vi.advanceTimersByTimeAsync(9_999)
    expect(loads()).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(loads()).toBe(1)
    await vi.dynamicImportSettled()
    expect(open).not.toHaveBeenCalled()
    await outbox.close(new AnywireError('closed', 'No more.'))
  })

  it('begins without a publish where an earlier page may have left something', async () => {
    const open = vi.fn(() => new Promise<never>(() => {}))
    const { outbox } = outboxOf({ open, early: Promise.resolve(true) })
    await soon(() => expect(open).toHaveBeenCalledOnce())
    void outbox.close(new AnywireError('closed', 'No more.'))
  })
})
