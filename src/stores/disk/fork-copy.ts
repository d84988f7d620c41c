/** A fork of many messages: copied from a snapshot of its source, a bounded piece in each commit. */
import type { ForkResult, Wake } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Origin } from '../rules/config.js'
import type { DiskFolder } from './folder.js'
import { type ForkPlan, inherited, pastOf } from './fork-cut.js'
import { DiskLog } from './log.js'
import type { ChannelRecord, DraftRecord } from './record.js'
import { type Stored, weightOf } from './stored.js'

/** Of one commit; one message at least. */
const pieceMessages = 500
const pieceBytes = 1_048_576

/** Makes a channel of what was copied, or says why not. Called within a commit. */
type Finish = (record: ChannelRecord, wake: (wake: Wake) => void) => ForkResult

export class ForkCopy {
  readonly #folder: DiskFolder
  readonly #channel: ChannelName
  readonly #plan: ForkPlan
  readonly #origin: Origin

  constructor(folder: DiskFolder, channel: ChannelName, plan: ForkPlan, origin: Origin) {
    this.#folder = folder
    this.#channel = channel
    this.#plan = plan
    this.#origin = origin
  }

  async make(finish: Finish): Promise<ForkResult> {
    let record = await this.#begin()
    const { id } = record
    try {
      const messages = inherited(this.#plan)
      for (let piece = nextPiece(messages); piece.length > 0; piece = nextPiece(messages)) {
        const next = await this.#write(record, piece)
        if (typeof next === 'string') return await this.#abandon(id, { kind: 'full', why: next })
        record = next
      }
      return await this.#end(record, finish)
    } catch (thrown) {
      // What is left of it is swept away, now or later.
      await this.#abandon(id, undefined).catch(() => undefined)
      throw thrown
    }
  }

  #begin(): Promise<ChannelRecord> {
    const { names } = this.#folder
    const { config } = this.#plan
    return this.#folder.commit(() => {
      const now = names.now()
      const past = pastOf(this.#plan)
      const record = names.draft(this.#channel, config, now, past, this.#origin)
      this.#mark(record, now)
      return record
    })
  }

  /** Answers the record with the piece, or why there is no room for it. */
  #write(record: ChannelRecord, piece: readonly Stored[]): Promise<ChannelRecord | string> {
    const { names, engine } = this.#folder
    return this.#folder.commit(() => {
      const why = names.full(piece.reduce((sum, { body }) => sum + weightOf(body), 0))
      if (why) return why
      this.#check(record.id)
      // A commit may be done twice, so it changes a copy.
      const log = new DiskLog(engine, this.#channel, { ...record })
      for (const stored of piece) log.inherit(stored)
      this.#mark(log.record, names.now())
      return log.record
    })
  }

  #end(record: ChannelRecord, finish: Finish): Promise<ForkResult> {
    const { engine, names } = this.#folder
    return this.#folder.commit((wake) => {
      this.#check(record.id)
      const result = finish({ ...record }, wake)
      if (result.kind === 'created') void engine.names.remove(['b', record.id])
      else names.abandon(record.id)
      return result
    })
  }

  async #abandon<T>(id: number, result: T): Promise<T> {
    await this.#folder.commit(() => this.#folder.names.abandon(id))
    return result
  }

  #mark({ id, weight }: ChannelRecord, at: number): void {
    void this.#folder.engine.names.put(['b', id], { at, weight } satisfies DraftRecord)
  }

  /** @throws AnywireError `store-down` if it was taken for left behind. */
  #check(id: number): void {
    if (this.#folder.engine.get(['b', id]) === undefined)
      throw new AnywireError('store-down', 'The fork took too long, and was given up.')
  }
}

function nextPiece(messages: Iterator<Stored, void>): Stored[] {
  const piece: Stored[] = []
  for (let bytes = 0; piece.length < pieceMessages && bytes < pieceBytes; ) {
    const { value } = messages.next()
    if (!value) break
    piece.push(value)
    bytes += weightOf(value.body)
  }
  return piece
}
