/** Finds edges: where light changes fast, by Sobel's two little tables. */
import { lightAt } from './light.js'
import type { Picture, Progress } from './picture.js'

export function edges({ data, width, height }: Picture, progress: Progress): Picture {
  const light = new Float32Array(width * height)
  for (let i = 0; i < light.length; i++) light[i] = lightAt(data, i * 4)
  const found = new Uint8ClampedArray(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const strength = slopeAt(light, x, y, width, height)
      found[at * 4] = strength
      found[at * 4 + 1] = strength
      found[at * 4 + 2] = strength
      found[at * 4 + 3] = data[at * 4 + 3]!
    }
    progress((y + 1) / height)
  }
  return { data: found, width, height }
}

function slopeAt(light: Float32Array, x: number, y: number, width: number, height: number): number {
  const left = Math.max(0, x - 1)
  const right = Math.min(width - 1, x + 1)
  const above = Math.max(0, y - 1) * width
  const here = y * width
  const below = Math.min(height - 1, y + 1) * width
  const across =
    light[above + right]! +
    2 * light[here + right]! +
    light[below + right]! -
    (light[above + left]! + 2 * light[here + left]! + light[below + left]!)
  const down =
    light[below + left]! +
    2 * light[below + x]! +
    light[below + right]! -
    (light[above + left]! + 2 * light[above + x]! + light[above + right]!)
  return Math.sqrt(across * across + down * down)
}
