/** Tests of pages as gzip. */
import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Wheel } from '../../core/wheel.js'
import { CompressedPages } from './compressed-pages.js'

const compression = { minBytes: 512, level: 3 }
const page = Buffer.alloc(10_000, '{"n":1},')

describe('CompressedPages', () => {
  it('compresses a page once for all who ask for it together', async () => {
    const pages = new CompressedPages(new Wheel())
    const asked = Array.from({ length: 10 }, () => pages.of('news 1-2', Buffer.from(page), compression))
    const bodies = new Set(await Promise.all(asked))
    expect(bodies.size).toBe(1)
    for (const body of bodies) expect(gunzipSync(body!)).toEqual(page)
    expect(await pages.of('news 1-2', page, compression)).toBe([...bodies][0])
  })

  it('answers nothing where gzip does not pay, also the second time', async () => {
    const pages = new CompressedPages(new Wheel())
    const random = randomBytes(1_000)
    const asked = [pages.of('a', page.subarray(0, 511), compression), pages.of('b', random, compression)]
    expect(await Promise.all([...asked, pages.of('b', Buffer.from(random), compression)])).toEqual(Array(3))
  })

  it('forgets what was asked for a while ago', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const pages = new CompressedPages(new Wheel())
    const first = await pages.of('a', page, compression)
    vi.advanceTimersByTime(500)
    expect(await pages.of('a', page, compression)).toBe(first)
    vi.advanceTimersByTime(2_000)
    expect(await pages.of('a', page, compression)).not.toBe(first)
  })
})
