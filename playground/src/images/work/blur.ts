/** Blurs a picture: every pixel becomes the mean of those around it, weighed by a bell curve; first along the rows, then along the columns. */
import type { Picture, Progress } from './picture.js'

const radius = 22

export function blur(picture: Picture, progress: Progress): Picture {
  const { width, height } = picture
  const weights = bell(radius)
  const across = along(picture.data, { lines: height, length: width, step: 4, jump: width * 4 }, weights, (done) =>
    progress(done / 2),
  )
  const data = along(across, { lines: width, length: height, step: width * 4, jump: 4 }, weights, (done) =>
    progress(0.5 + done / 2),
  )
  return { data, width, height }
}

interface Lines {
  readonly lines: number
  /** Pixels of a line. */
  readonly length: number
  /** From a pixel to the next one of the line, and from a line to the next. */
  readonly step: number
  readonly jump: number
}

function along(from: Picture['data'], { lines, length, step, jump }: Lines, weights: Float32Array, progress: Progress) {
  const to = new Uint8ClampedArray(from.length)
  const reach = (weights.length - 1) / 2
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let red = 0
      let green = 0
      let blue = 0
      for (let k = -reach; k <= reach; k++) {
        // Beyond the edge the last pixel goes on.
        const at = line * jump + Math.min(length - 1, Math.max(0, i + k)) * step
        const weight = weights[k + reach]!
        red += from[at]! * weight
        green += from[at + 1]! * weight
        blue += from[at + 2]! * weight
      }
      const at = line * jump + i * step
      to[at] = red
      to[at + 1] = green
      to[at + 2] = blue
      to[at + 3] = from[at + 3]!
    }
    progress((line + 1) / lines)
  }
  return to
}

/** Weights whose sum is 1. */
function bell(reach: number): Float32Array {
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-(((i - reach) / (reach / 2)) ** 2) / 2),
  )
  const sum = weights.reduce((total, weight) => total + weight)
  return weights.map((weight) => weight / sum)
}
