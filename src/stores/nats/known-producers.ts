/** The producers of a channel as its lane knows them: from the newest frame, and where they are too many, beside it. */
import { AnywireError } from '../../protocol/error.js'
import { format } from './frame.js'
import type { Head, Lookup } from './lookup.js'
import { maxRecent, Producers, type WrittenProducers } from './producers.js'

export class KnownProducers {
  readonly #lookup: Lookup
  readonly #token: string
  /** Of the head: all of them, or those alone that stand in the frame. */
  #known: { readonly all: Producers; readonly isWhole: boolean } | undefined

  constructor(lookup: Lookup, token: string) {
    this.#lookup = lookup
    this.#token = token
  }

  get all(): Producers | undefined {
    return this.#known?.all
  }

  forget(): void {
    this.#known = undefined
  }

  /**
   * Sees to it that the producers are known, and that not too many of them stand in each frame. Answers the head as it
   * is then; undefined: the channel has to be looked up anew. `isNeeded`: producers are asked for. `mayBeNewer`: what
   * is written down of them may be of a newer frame than the one known here.
   */
  learn(head: Head, isNeeded: boolean, mayBeNewer: boolean): Head | Promise<Head | undefined> {
    const isOver = head.kind === 'channel' && head.recent.length > maxRecent
    if (this.#known && !isOver && (this.#known.isWhole || !isNeeded)) return head
    const isWhole = head.kind !== 'channel' || (head.written === 0 && !isOver)
    if (!isWhole && (isNeeded || isOver)) return this.#read(head, isOver, mayBeNewer)
    this.#known = { all: new Producers([], head.recent, head.producers), isWhole }
    return head
  }

  async #read(head: Head, isOver: boolean, mayBeNewer: boolean): Promise<Head | undefined> {
    const { jetStream, streams } = this.#lookup
    const subject = streams.producersSubject(head.stream, this.#token)
    const found = await jetStream.last(head.stream.name, subject)
    const record = found && readProducers(found.data)
    if (record?.birth === head.birth && record.uses > head.uses && mayBeNewer) return undefined
    // What is still newer is left from frames that somebody has purged.
    const isOurs = record?.birth === head.birth && record.uses <= head.uses
    const all = new Producers(isOurs ? record.all : [], head.recent, head.producers)
    this.#known = { all, isWhole: true }
    if (!isOver) return head
    if (!isOurs || record.uses < head.uses) {
      const bytes = writeProducers(head, all, jetStream.link.maxBytes)
      const { kind } = await jetStream.publish(subject, bytes, found?.seq ?? 0)
      // Where there is no room, frames name more of them.
      if (kind !== 'stored') return kind === 'full' ? head : undefined
    }
    return { ...head, written: head.uses, recent: [] }
  }
}

function readProducers(data: Buffer): WrittenProducers {
  const record = JSON.parse(data.toString()) as WrittenProducers
  if (record.format === format) return record
  const sentence = `NATS holds producers of format ${record.format}; this Anywire knows format ${format}: update it.`
  throw new AnywireError('internal', sentence)
}

/** Those unused longest are left out where they do not fit. */
function writeProducers({ birth, uses }: Head, producers: Producers, maxBytes: number): Buffer {
  let all = producers.all()
  for (;;) {
    const bytes = Buffer.from(JSON.stringify({ format, birth, uses, all } satisfies WrittenProducers))
    if (bytes.length < maxBytes || all.length === 0) return bytes
    all = all.slice(Math.ceil(all.length / 2))
  }
}
