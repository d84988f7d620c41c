/** The memory store's half for forks, and deleting, which has to know of them. */
import type { ChannelConfig, ForkOptions, ForkResult, Forks, NewMessage } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { isSameType } from '../rules/append.js'
import { difference, forkConfig } from '../rules/config.js'
import { cutAt } from '../rules/fork.js'
import { copyCut, sourceOf } from './fork.js'
import { Log } from './log.js'
import type { Shelf } from './shelf.js'

export interface ForksHost {
  /** Appends the first messages of a channel that was made. */
  commit(log: Log, messages: readonly NewMessage[], close: boolean | undefined, now: number): void
  /** Wakes its followers. */
  changed(channel: ChannelName): void
}

export class MemoryForks implements Forks {
  readonly #shelf: Shelf
  readonly #host: ForksHost

  constructor(shelf: Shelf, host: ForksHost) {
    this.#shelf = shelf
    this.#host = host
  }

  async create(channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult> {
    const shelf = this.#shelf
    const now = shelf.now()
    const log = shelf.find(channel, now)
    if (log) {
      const why = difference(log, config, options)
      return why ? { kind: 'conflict', why } : { kind: 'exists', info: log.info }
    }
    const why = this.reserved(channel)
    if (why) return { kind: 'conflict', why }
    const full = shelf.noRoom(channel, config)
    if (full) return { kind: 'full', why: full }
    const made = this.#fork(channel, config, options, now)
    if (!(made instanceof Log)) return made
    this.#host.commit(made, options.messages ?? [], options.closed, now)
    this.#host.changed(channel)
    return { kind: 'created', info: made.info }
  }

  async delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.remove(channel, true)
  }

  remove(channel: ChannelName, keepName: boolean): 'deleted' | 'missing' | 'gone' {
    const { lineage } = this.#shelf
    const now = this.#shelf.now()
    const log = this.#shelf.find(channel, now)
    if (log) this.#shelf.delete(log, now, keepName)
    if (log) return 'deleted'
    if (!lineage.isGone(channel)) return 'missing'
    lineage.remove(channel)
    return 'gone'
  }

  /** Why a name cannot be used, as a sentence. */
  reserved(channel: ChannelName): string | undefined {
    if (!this.#shelf.lineage.isGone(channel)) return undefined
    return `"${channel}" is deleted, and its name kept for its forks: delete it again to free it.`
  }

  #fork(channel: ChannelName, asked: ChannelConfig, { fork, named }: ForkOptions, now: number): Log | ForkResult {
    const shelf = this.#shelf
    const { source: name } = fork
    const source = shelf.find(name, now)
    if (!source) return { kind: shelf.lineage.isGone(name) ? 'fork-gone' : 'fork-missing' }
    const config = forkConfig(asked, source.config, named)
    if (!isSameType(config.contentType, source.contentType)) {
      return { kind: 'conflict', why: `The source "${name}" holds ${source.contentType}, not ${config.contentType}.` }
    }
    const cut = cutAt(sourceOf(source), fork)
    if (typeof cut === 'string') return { kind: 'fork-offset', why: cut }
    const micros = Math.max(source.micros, shelf.tombstones.of(channel).micros)
    const { birth, floor } = source
    const log = shelf.open(
      channel,
      config,
      now,
      { birth, floor, micros, closed: false },
      { ...fork, resolved: cut.resolved },
    )
    copyCut(log, source, cut, now, shelf.step())
    shelf.lineage.add(channel, name)
    return log
  }
}
