/** A picture as its numbers: red, green, blue and opacity of each pixel, row by row. */
export interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>
  readonly width: number
  readonly height: number
}

/** Told how much is done, from 0 to 1. */
export type Progress = (done: number) => void
