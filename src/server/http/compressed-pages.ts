/** Pages of the log as gzip: compressed in threads, once for all requests for the same page at about the same time. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Compression } from '../../core/compression.js'
import { timed, type Wheel } from '../../core/wheel.js'
import { pays } from '../../wires/compressor.js'

/** How many compressed pages are kept for other requests, and for how long. */
const most = 32
const keptMs = 1_000

const compress = promisify(gzip)

export class CompressedPages {
  readonly #pages = new Map<string, Promise<Buffer | undefined>>()
  readonly #forget = timed(() => this.#pages.clear())
  readonly #wheel: Wheel

  constructor(wheel: Wheel) {
    this.#wheel = wheel
  }

  /** The page as gzip; undefined if that saves too little. `key` identifies these bytes. */
  of(key: string, plain: Buffer, { minBytes, level }: Compression): Promise<Buffer | undefined> | undefined {
    if (plain.length < minBytes) return undefined
    const known = this.#pages.get(key)
    if (known) return known
    const page = compress(plain, { level }).then((small) => (pays(small.length, plain.length) ? small : undefined))
    if (this.#pages.size < most) this.#pages.set(key, page)
    if (this.#forget.tick === 0) this.#wheel.schedule(this.#forget, keptMs)
    return page
  }
}
