/** All that can be done here, by name. Pure functions: in which thread they run is not their affair. */
import { blur } from './blur.js'
import { edges } from './edges.js'
import { histogram } from './histogram.js'
import { palette } from './palette.js'
import type { Progress } from './picture.js'
import { rows } from './rows.js'
import { table } from './table.js'

const jobs = { blur, edges, histogram, palette, rows, table }

export type Name = keyof typeof jobs
export type InputOf<N extends Name> = Parameters<(typeof jobs)[N]>[0]
export type ResultOf<N extends Name> = ReturnType<(typeof jobs)[N]>

export interface Order<N extends Name = Name> {
  readonly name: N
  readonly input: InputOf<N>
}

export function perform<N extends Name>({ name, input }: Order<N>, progress: Progress): ResultOf<N> {
  const job = jobs[name] as (input: InputOf<N>, progress: Progress) => ResultOf<N>
  return job(input, progress)
}

/** What of a value can move to another thread instead of being copied. */
export function buffersOf(value: object): ArrayBuffer[] {
  return Object.values(value).flatMap((field) => (ArrayBuffer.isView(field) ? [field.buffer as ArrayBuffer] : []))
}
