/** Prints messages, one per line, as fast as the output takes them. */
import { once } from 'node:events'
import { type FrameMessage, kindOf } from '../protocol/index.js'
import { printable } from './printable.js'

interface PrinterOptions {
  /** Print whole messages as JSON. */
  readonly json?: true
  /** Call `enough` after so many messages. */
  readonly count?: number
}

export class Printer {
  /** Of the channel: says whether a string is text or JSON. */
  contentType = 'application/json'
  #left: number
  readonly #asJson: boolean
  readonly #enough: () => void

  /** `enough` is called when the wished number of messages is printed, or nobody reads the output any more. */
  constructor(options: PrinterOptions, enough: () => void) {
    this.#asJson = options.json ?? false
    this.#left = options.count ?? Number.POSITIVE_INFINITY
    this.#enough = enough
    process.stdout.on('error', enough)
  }

  /** Resolves when the output has room again. A tombstone has no line of its own unless whole messages are printed. */
  async message(message: FrameMessage): Promise<void> {
    if (this.#left <= 0) return
    const line = this.#asJson ? `${printable(JSON.stringify(message))}\n` : this.#lineOf(message)
    if (line !== undefined && !process.stdout.write(line)) await once(process.stdout, 'drain')
    if (--this.#left <= 0) this.#enough()
  }

  #lineOf({ data, base64 }: FrameMessage): string | Uint8Array | undefined {
    // Bytes are for files and programs: a terminal would act on them.
    if (base64 !== undefined && process.stdout.isTTY) return `${base64}\n`
    if (base64 !== undefined) return Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from('\n')])
    if (data === undefined) return undefined
    const isText = typeof data === 'string' && kindOf(this.contentType) !== 'json'
    return `${printable(isText ? data : JSON.stringify(data))}\n`
  }
}
