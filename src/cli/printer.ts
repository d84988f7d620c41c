/** Prints messages, one per line, as fast as the output takes them. */
import { once } from 'node:events'
import type { MessageItem } from '../client/item.js'
import { kindOf } from '../protocol/index.js'
import { inOneLine } from './json-text.js'
import { printable } from './printable.js'

interface PrinterOptions {
  /** Print whole messages as JSON. */
  readonly json?: true
  /** Stop after so many messages. */
  readonly count?: number
}

/** Data is the text of its JSON, or bytes; none in a tombstone. */
type TextItem = MessageItem<string | Uint8Array | undefined>

export class Printer {
  /** Of the channel: says whether a string is text or JSON. */
  contentType = 'application/json'
  #left: number
  readonly #asJson: boolean
  readonly #stop: AbortController

  /** `stop` is aborted when the wished number of messages is printed, or nobody reads the output any more. */
  constructor(options: PrinterOptions, stop: AbortController) {
    this.#asJson = options.json ?? false
    this.#left = options.count ?? Number.POSITIVE_INFINITY
    this.#stop = stop
    process.stdout.on('error', () => stop.abort())
  }

  /**
   * Resolves when the output has room again, or printing is stopped. A tombstone has no line of its own unless whole
   * messages are printed.
   */
  async message(message: TextItem): Promise<void> {
    const { signal } = this.#stop
    if (signal.aborted) return
    const line = this.#asJson ? `${printable(asJson(message))}\n` : this.#lineOf(message)
    if (--this.#left <= 0) this.#stop.abort()
    if (line !== undefined && !process.stdout.write(line))
      await once(process.stdout, 'drain', { signal }).catch(() => {})
  }

  #lineOf({ data }: TextItem): string | Uint8Array | undefined {
    if (data === undefined) return undefined
    // Bytes are for files and programs: a terminal would act on them.
    if (typeof data !== 'string')
      return process.stdout.isTTY ? `${base64Of(data)}\n` : Buffer.concat([data, Buffer.from('\n')])
    return `${printable(kindOf(this.contentType) === 'json' ? inOneLine(data) : JSON.parse(data))}\n`
  }
}

/** The message as frames spell it. */
function asJson({ offset, data, event, key }: TextItem): string {
  const fields = {
    offset: JSON.stringify(offset),
    data: typeof data === 'string' ? inOneLine(data) : undefined,
    base64: data instanceof Uint8Array ? JSON.stringify(base64Of(data)) : undefined,
    event: JSON.stringify(event),
    key: JSON.stringify(key),
  }
  const spelt = Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [`"${name}":${text}`]))
  return `{${spelt}}`
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
