/** What is compressed, and how: the option `compress` of hubs and rules. */
import { AnywireError } from '../protocol/error.js'

/** How the slices of a channel are compressed, once for all who accept it. */
export interface CompressionOptions {
  /**
   * Smaller slices and pages are not compressed. A lower value saves few bytes, and costs a compression each.
   * @default 512
   */
  readonly minBytes?: number | undefined
  /**
   * zlib's level, 1 (fast) to 9. Above 3, slices get about a tenth smaller and take up to four times as long.
   * @default 3
   * @unit level
   */
  readonly level?: number | undefined
}

/** The same with everything filled in. */
export interface Compression {
  readonly minBytes: number
  readonly level: number
}

export const compressionDefaults: Compression = { minBytes: 512, level: 3 }

/** What a hub or rule says: undefined is what `above` says, `true` is that or the defaults, false is off. */
export function resolveCompression(
  option: boolean | CompressionOptions | undefined,
  above?: Compression,
): Compression | undefined {
  if (option === undefined) return above
  if (option === false) return undefined
  const { minBytes, level } = option === true ? {} : option
  const base = above ?? compressionDefaults
  return { minBytes: minBytes ?? base.minBytes, level: level ?? base.level }
}

/** What `compress` must be, for a sentence. */
export const compressionShape = 'true, false or { minBytes, level }: a whole number from 0, and one from 1 to 9'

export function isCompression(value: unknown): boolean {
  if (typeof value === 'boolean') return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, number]) => {
    if (!Object.hasOwn(compressionDefaults, name)) return false
    if (number === undefined) return true
    return Number.isSafeInteger(number) && (name === 'level' ? number >= 1 && number <= 9 : number >= 0)
  })
}

/** @throws AnywireError `bad-request` if the hub's option cannot be. */
export function hubCompression(option: boolean | CompressionOptions | undefined): Compression | undefined {
  if (option === undefined || isCompression(option)) return resolveCompression(option)
  throw new AnywireError('bad-request', `The option "compress" must be ${compressionShape}.`)
}
