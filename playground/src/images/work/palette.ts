/** Finds the colours that say most of a picture: every pixel goes to the nearest of eight, each of which moves to the middle of its pixels, again and again. */
import { lightAt } from './light.js'
import type { Picture, Progress } from './picture.js'

export interface Colour {
  readonly red: number
  readonly green: number
  readonly blue: number
  /** Of all pixels: 0 to 1. */
  readonly share: number
}

const count = 8
const rounds = 14

/** The most frequent first; fewer than eight where there are no more. */
export function palette({ data, width, height }: Picture, progress: Progress): readonly Colour[] {
  const pixels = width * height
  let centres = spread(data, pixels)
  let sizes = new Uint32Array(count)
  for (let round = 0; round < rounds; round++) {
    const sums = new Float64Array(count * 3)
    sizes = new Uint32Array(count)
    for (let y = 0; y < height; y++) {
      for (let at = y * width * 4; at < (y + 1) * width * 4; at += 4) {
        const nearest = nearestOf(centres, data[at]!, data[at + 1]!, data[at + 2]!)
        sizes[nearest]!++
        sums[nearest * 3]! += data[at]!
        sums[nearest * 3 + 1]! += data[at + 1]!
        sums[nearest * 3 + 2]! += data[at + 2]!
      }
      progress((round + (y + 1) / height) / rounds)
    }
    centres = centres.map((value, i) => (sizes[Math.floor(i / 3)] ? sums[i]! / sizes[Math.floor(i / 3)]! : value))
  }
  return [...sizes]
    .map((size, i) => ({ ...colourAt(centres, i), share: size / pixels }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
}

function colourAt(centres: Float64Array, i: number) {
  const [red = 0, green = 0, blue = 0] = centres.subarray(i * 3, i * 3 + 3).map(Math.round)
  return { red, green, blue }
}

function nearestOf(centres: Float64Array, red: number, green: number, blue: number): number {
  let nearest = 0
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i++) {
    // Without an array in between: the young memory of a worker is small, and would be cleared five times a millisecond.
    const r = centres[i * 3]! - red
    const g = centres[i * 3 + 1]! - green
    const b = centres[i * 3 + 2]! - blue
    const distance = r * r + g * g + b * b
    if (distance < least) {
      nearest = i
      least = distance
    }
  }
  return nearest
}

/** Where they begin: pixels of all degrees of light, from the darkest to the lightest of a thousand. */
function spread(data: Uint8ClampedArray, pixels: number): Float64Array {
  const tried = Array.from(
    { length: Math.min(1000, pixels) },
    (_, i) => Math.floor((i * pixels) / Math.min(1000, pixels)) * 4,
  )
  tried.sort((a, b) => lightAt(data, a) - lightAt(data, b))
  const begun = Array.from({ length: count }, (_, i) => tried[Math.floor((i * (tried.length - 1)) / (count - 1))]!)
  return Float64Array.from(begun.flatMap((at) => [data[at]!, data[at + 1]!, data[at + 2]!]))
}
