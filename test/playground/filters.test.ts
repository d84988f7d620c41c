/** What is done to pictures and tables on the images page: pure functions, wherever they run. */
import { describe, expect, it } from 'vitest'
import { blur } from '../../playground/src/images/work/blur.js'
import { edges } from '../../playground/src/images/work/edges.js'
import { histogram } from '../../playground/src/images/work/histogram.js'
import { palette } from '../../playground/src/images/work/palette.js'
import type { Picture } from '../../playground/src/images/work/picture.js'
import { rows, towns } from '../../playground/src/images/work/rows.js'
import { sortedBy, table } from '../../playground/src/images/work/table.js'

type Pixel = readonly [red: number, green: number, blue: number]

/** A picture whose pixels are what the function says. */
function picture(width: number, height: number, at: (x: number, y: number) => Pixel): Picture {
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < width * height; i++) data.set([...at(i % width, Math.floor(i / width)), 255], i * 4)
  return { data, width, height }
}

const quiet = () => undefined
const pixel = ({ data, width }: Picture, x: number, y: number) => [
  ...data.slice((y * width + x) * 4, (y * width + x) * 4 + 4),
]
const half = picture(64, 40, (x) => (x < 32 ? [250, 10, 40] : [10, 200, 90]))

describe('blur', () => {
  it('leaves one colour as it is, to the corners', () => {
    const plain = picture(60, 50, () => [200, 100, 50])
    expect(blur(plain, quiet)).toEqual(plain)
  })

  it('spreads a point evenly in all directions, and keeps what is opaque', () => {
    const made = blur(
      picture(101, 101, (x, y) => (Math.hypot(x - 50, y - 50) < 8 ? [255, 255, 255] : [0, 0, 0])),
      quiet,
    )
    const [middle = 0] = pixel(made, 50, 50)
    const around = [pixel(made, 40, 50), pixel(made, 60, 50), pixel(made, 50, 40), pixel(made, 50, 60)]
    expect(new Set(around.map(String)).size).toBe(1)
    expect(middle).toBeGreaterThan(around[0]![0]!)
    expect(around[0]![0]).toBeGreaterThan(0)
    expect(pixel(made, 0, 0)).toEqual([0, 0, 0, 255])
  })
})

describe('edges', () => {
  it('are where light changes, and nowhere else', () => {
    const made = edges(half, quiet)
    expect([pixel(made, 31, 20)[0], pixel(made, 32, 20)[0]].every((value) => value! > 200)).toBe(true)
    for (const x of [0, 10, 29, 34, 63]) expect(pixel(made, x, 0)).toEqual([0, 0, 0, 255])
  })
})

describe('a histogram', () => {
  it('counts every pixel once in each colour', () => {
    const { red, green, blue, light } = histogram(half, quiet)
    expect([red[250], red[10], green[10], green[200], blue[40], blue[90]]).toEqual(Array(6).fill(1280))
    for (const counts of [red, green, blue, light]) expect(counts.reduce((sum, count) => sum + count)).toBe(64 * 40)
  })
})

describe('a palette', () => {
  it('is the colours that there are, the most frequent first', () => {
    const flag = picture(60, 10, (x) => (x < 30 ? [240, 0, 0] : x < 50 ? [0, 0, 240] : [255, 255, 255]))
    const found = palette(flag, quiet).map(({ red, green, blue, share }) => [red, green, blue, Math.round(share * 60)])
    expect(found).toEqual([
      [240, 0, 0, 30],
      [0, 0, 240, 20],
      [255, 255, 255, 10],
    ])
  })
})

describe('a table', () => {
  const made = rows({ count: 10_007, seed: 3 }, quiet)

  it('is the same for the same seed', () => {
    expect(rows({ count: 10_007, seed: 3 }, quiet)).toEqual(made)
    expect(rows({ count: 10_007, seed: 4 }, quiet)).not.toEqual(made)
  })

  it.each([0, 1, 2, 3, 10_007])(
    'of %i rows is sorted by its amounts, each row once, equal ones as they were',
    (count) => {
      const amounts = made.amount.slice(0, count)
      const expected = [...amounts.keys()].sort((a, b) => amounts[a]! - amounts[b]! || a - b)
      expect([...sortedBy(amounts, quiet)]).toEqual(expected)
    },
  )

  it('is summed up for each town', () => {
    const groups = table(made, quiet)
    expect(groups.map(({ sum }) => sum)).toEqual(groups.map(({ sum }) => sum).sort((a, b) => b - a))
    for (const { town, count, sum, median, most } of groups) {
      const own = [...made.amount].filter((_, row) => towns[made.town[row]!] === town).sort((a, b) => a - b)
      expect([count, median, most]).toEqual([own.length, own[Math.floor((own.length - 1) / 2)], own.at(-1)])
      expect(sum).toBeCloseTo(
        own.reduce((total, amount) => total + amount, 0),
        1,
      )
    }
  })
})

describe('progress', () => {
  const jobs = {
    blur: (progress: (done: number) => void) => blur(half, progress),
    edges: (progress: (done: number) => void) => edges(half, progress),
    histogram: (progress: (done: number) => void) => histogram(half, progress),
    palette: (progress: (done: number) => void) => palette(half, progress),
    rows: (progress: (done: number) => void) => rows({ count: 20_000, seed: 1 }, progress),
    table: (progress: (done: number) => void) => table(rows({ count: 50, seed: 1 }, quiet), progress),
  }
  it.each(Object.keys(jobs) as (keyof typeof jobs)[])('of %s grows to 1', (name) => {
    const told: number[] = []
    jobs[name]((done) => told.push(done))
    expect(told.length).toBeGreaterThan(2)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(1)
  })
})
