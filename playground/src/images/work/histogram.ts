/** Counts how many pixels have each of the 256 values, for each colour and for light. */
import { lightAt } from './light.js'
import type { Picture, Progress } from './picture.js'

export interface Histogram {
  readonly red: Uint32Array<ArrayBuffer>
  readonly green: Uint32Array<ArrayBuffer>
  readonly blue: Uint32Array<ArrayBuffer>
  readonly light: Uint32Array<ArrayBuffer>
}

export function histogram({ data, width, height }: Picture, progress: Progress): Histogram {
  const counts = () => new Uint32Array(256)
  const [red, green, blue, light] = [counts(), counts(), counts(), counts()]
  for (let y = 0; y < height; y++) {
    for (let at = y * width * 4; at < (y + 1) * width * 4; at += 4) {
      red[data[at]!]!++
      green[data[at + 1]!]!++
      blue[data[at + 2]!]!++
      light[Math.round(lightAt(data, at))]!++
    }
    progress((y + 1) / height)
  }
  return { red, green, blue, light }
}
