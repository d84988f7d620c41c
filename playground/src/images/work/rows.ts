/** A large table, as columns: orders of a mail-order house, made up, the same for the same seed. */
import { randomOf } from '../../../server/random.js'
import type { Progress } from './picture.js'

export const towns = ['Port Arden', 'Lindmark', 'Vessby', 'Torrin', 'Upper Kell', 'Harrow Sound', 'Brevik', 'Dunmere']

export interface Rows {
  /** Places in `towns`. */
  readonly town: Uint8Array<ArrayBuffer>
  readonly amount: Float64Array<ArrayBuffer>
}

export function rows({ count, seed }: { readonly count: number; readonly seed: number }, progress: Progress): Rows {
  const random = randomOf(seed)
  const town = new Uint8Array(count)
  const amount = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    town[i] = Math.floor(random() ** 1.6 * towns.length)
    amount[i] = Math.round(100 * (4 + 900 * random() ** 4 * random())) / 100
    if (i % 10_000 === 0) progress(i / count)
  }
  progress(1)
  return { town, amount }
}
