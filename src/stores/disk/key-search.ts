/** Keys that are turned on later: a log is walked, a piece in each commit, and seen with them when all are found. */
import { randomBytes } from 'node:crypto'
import type { Policy } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import type { DiskFolder } from './folder.js'
import type { DiskLog } from './log.js'

/** Messages of one commit. What comes while the log is walked is walked in ever larger pieces, so that it ends. */
const pieceMessages = 500
/** A search that wrote nothing for so long is given up: its process is gone. */
const markMs = 10_000

/** Who walks a log: stands beside it while that is done. */
interface SearchMark {
  readonly token: string
  /** Milliseconds of its last commit. */
  readonly at: number
}

type Found = 'configured' | 'missing'

export class KeySearch {
  readonly #folder: DiskFolder
  readonly #channel: ChannelName
  readonly #policy: Policy
  readonly #maxKeys: number
  readonly #token = randomBytes(6).toString('base64url')

  constructor(folder: DiskFolder, channel: ChannelName, policy: Policy, maxKeys: number) {
    this.#folder = folder
    this.#channel = channel
    this.#policy = policy
    this.#maxKeys = maxKeys
  }

  async run(): Promise<Found> {
    const begun = await this.#folder.commit(() => this.#begin())
    if (typeof begun === 'string') return begun
    const { id, head } = begun
    let [last, limit] = [0, pieceMessages]
    for (;;) {
      const [from, count] = [last, limit]
      const walked = await this.#folder.commit(() => this.#walk(id, from, count))
      if (typeof walked === 'string') return walked
      last = walked
      if (last >= head) limit *= 2
    }
  }

  /** Answers which log it is, and its head. Within a commit, as the others. */
  #begin(): Found | { readonly id: number; readonly head: number } {
    const log = this.#find()
    if (!log) return 'missing'
    const { id, head, config } = log.record
    const mark = this.#folder.engine.get<SearchMark>(['k', id])
    if (mark && mark.at > this.#folder.names.now() - markMs) return 'configured'
    if (config.maxKeys !== undefined) return this.#end(log)
    // What a search has left that was broken off.
    log.forgetKeys()
    this.#mark(id)
    return { id, head: head.number }
  }

  /** The next so many messages after one. Answers the last of them, or what has become of it. */
  #walk(id: number, after: number, count: number): Found | number {
    const log = this.#find()
    if (log?.record.id !== id) {
      void this.#folder.engine.names.remove(['k', id])
      return 'missing'
    }
    // Another process has taken it over.
    if (this.#folder.engine.get<SearchMark>(['k', id])?.token !== this.#token) return 'configured'
    const { floor, head } = log.record
    const first = Math.max(after, floor.number)
    const last = Math.min(first + count, head.number)
    for (let number = first + 1; number <= last; number++) log.findKey(number, this.#maxKeys)
    if (last === head.number) return this.#end(log)
    this.#mark(id)
    return last
  }

  #end(log: DiskLog): 'configured' {
    const { engine, names } = this.#folder
    const now = names.now()
    log.configure(this.#policy, now)
    names.watch(log, now)
    void engine.names.remove(['k', log.record.id])
    return 'configured'
  }

  #find(): DiskLog | undefined {
    const { names } = this.#folder
    return names.find(this.#channel, names.now())
  }

  #mark(id: number): void {
    const { engine, names } = this.#folder
    void engine.names.put(['k', id], { token: this.#token, at: names.now() } satisfies SearchMark)
  }
}
