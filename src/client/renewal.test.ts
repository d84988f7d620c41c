/** Tests of when a credential is renewed. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { wallMs } from './clock.js'
import { Renewal } from './renewal.js'

const hourMs = 3_600_000

/** A renewal, and what it has brought. `takes`: whether there is a way. */
function renewing(takes: () => boolean = () => true) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const brought: string[] = []
  let asked = 0
  const authenticate = (one: string | undefined) => void brought.push(String(one))
  const bearer = {
    credential: undefined,
    ask: async () => `token ${++asked}`,
    get link() {
      return takes() ? { authenticate } : undefined
    },
  }
  const renewal = new Renewal(bearer, 1_000)
  onTestFinished(() => renewal.close())
  return { renewal, brought }
}

describe('a credential is renewed', () => {
  it.each([
    ['an hour ahead', hourMs],
    ['an hour behind', -hourMs],
  ])('10 s before its end by the clock of a server that is %s', async (_, aheadMs) => {
    const { renewal, brought } = renewing()
    const now = wallMs() + aheadMs
    renewal.until({ time: now * 1_000, expiresAt: now + 60_000 })
    await vi.advanceTimersByTimeAsync(48_000)
    expect(brought).toEqual([])
    await vi.advanceTimersByTimeAsync(4_000)
    expect(brought).toEqual(['token 1'])
  })

  it('later, where there was no way to bring it', async () => {
    let open = false
    const { renewal, brought } = renewing(() => open)
    const now = wallMs()
    renewal.until({ time: now * 1_000, expiresAt: now + 60_000 })
    await vi.advanceTimersByTimeAsync(51_000)
    open = true
    expect(brought).toEqual([])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(brought).toEqual(['token 2'])
  })
})
