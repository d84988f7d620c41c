/** A link whose transport cannot be loaded, or is not needed any more when it is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Patience } from '../patience.js'
import { usualTimes } from '../times.js'
import { LaterLink } from './later.js'

const made = vi.fn()
const read = vi.fn()
let missing = false

beforeEach(() => {
  missing = false
  made.mockClear()
  read.mockClear()
  vi.resetModules()
  vi.doMock('./over-post.js', () => {
    if (missing) throw new Error('Not there.')
    return {
      OverPost: class {
        constructor(...of: unknown[]) {
          made(...of)
        }
        read = read
        close = vi.fn()
      },
    }
  })
})
afterEach(() => vi.doUnmock('./over-post.js'))

function link() {
  const lost = vi.fn()
  const later = new LaterLink('poll', {
    url: 'http://localhost/channels',
    token: Promise.resolve(undefined),
    principal: () => undefined,
    frameBytes: Number.POSITIVE_INFINITY,
    events: { proven() {}, frame() {}, silent() {}, lost },
    times: usualTimes,
    json: JSON,
    patience: new Patience(),
    received() {},
  })
  return { later, lost }
}

describe('a link over POST', () => {
  it('is lost, and may be tried again, where it cannot be loaded', async () => {
    missing = true
    const { lost } = link()
    await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce(), 30_000)
    expect(lost.mock.calls[0]![0].meaning.retry).toBe('later')
    missing = false
    vi.resetModules()
    link()
    await vi.waitFor(() => expect(made).toHaveBeenCalledOnce(), 30_000)
  })

  it('does in order what was asked of it while it was loaded, and from then on at once', async () => {
    const { later } = link()
    const sets = [1, 2, 3].map(() => new Map())
    later.read(sets[0]!)
    later.read(sets[1]!)
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2), 30_000)
    later.read(sets[2]!)
    expect(read.mock.calls.map(([set]) => sets.indexOf(set))).toEqual([0, 1, 2])
  })

  it.each([true, false])('asks for nothing where it was closed meanwhile (missing: %s)', async (isMissing) => {
    missing = isMissing
    const { later, lost } = link()
    later.read(new Map())
    later.close()
    await vi.dynamicImportSettled()
    expect(made).not.toHaveBeenCalled()
    expect(lost).not.toHaveBeenCalled()
  })
})
