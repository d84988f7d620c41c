/** The disk store's half for forks, and deleting, which has to know of them. A fork is a copy. */
import type { ChannelConfig, ForkOptions, ForkResult, Forks } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { difference } from '../rules/config.js'
import type { DiskFolder } from './folder.js'
import { ForkCopy } from './fork-copy.js'
import { type ForkPlan, inherited, pastOf, planFork, sizeOf } from './fork-cut.js'
import type { DiskLog } from './log.js'
import { LogView } from './read.js'
import type { ChannelRecord } from './record.js'

/** A fork that takes over more messages, or bytes, is copied in several commits. */
const wholeMessages = 500
const wholeBytes = 1_048_576

export class DiskForks implements Forks {
  readonly #folder: DiskFolder

  constructor(folder: DiskFolder) {
    this.#folder = folder
  }

  async create(channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult> {
    const asked = { channel, config, options }
    const result = await this.#folder.commit((wake): ForkResult | 'large' => {
      const now = this.#folder.names.now()
      const planned = this.#refusal(asked, now) ?? this.#plan(asked, now)
      if ('kind' in planned) return planned
      if (sizeOf(planned) > wholeMessages || planned.source.weight > wholeBytes) return 'large'
      const { names } = this.#folder
      const full = names.full(planned.source.weight)
      if (full) return { kind: 'full', why: full }
      const draft = names.draft(channel, planned.config, now, pastOf(planned), originOf(planned, options))
      const log = this.#adopt(channel, draft, planned, now)
      for (const stored of inherited(planned)) log.inherit(stored)
      return this.#finish(log, planned, options, now, wake)
    })
    return result === 'large' ? this.#folder.inTurn(() => this.#copy(asked)) : result
  }

  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.remove(channel, true)
  }

  remove(channel: ChannelName, keepName: boolean): Promise<'deleted' | 'missing' | 'gone'> {
    const folder = this.#folder
    const { names, lineage } = folder
    return folder.commit((wake) => {
      const now = names.now()
      const log = names.find(channel, now)
      if (log) {
        names.drop(log, now, keepName)
        wake({ kind: 'changed', channel })
        return 'deleted'
      }
      if (!lineage.isGone(channel)) return 'missing'
      lineage.remove(channel)
      return 'gone'
    })
  }

  /** Why there can be no such fork at this moment, or that there is one. */
  #refusal({ channel, config, options }: AskedFork, now: number): ForkResult | undefined {
    const { names, lineage, engine } = this.#folder
    const log = names.find(channel, now)
    if (log) {
      const why = difference(log, config, options)
      return why ? { kind: 'conflict', why } : { kind: 'exists', info: LogView.of(engine, log.record, now).info }
    }
    const why = lineage.reserved(channel)
    if (why) return { kind: 'conflict', why }
    const full = names.noRoom()
    return full ? { kind: 'full', why: full } : undefined
  }

  #plan({ config, options }: AskedFork, now: number): ForkPlan | ForkResult {
    const { names, engine } = this.#folder
    const { source: name } = options.fork
    const source = names.find(name, now)
    return source ? planFork(engine, source.record, config, options, now) : this.#noSource(name)
  }

  #noSource(name: ChannelName): ForkResult {
    return { kind: this.#folder.lineage.isGone(name) ? 'fork-gone' : 'fork-missing' }
  }

  // The fork is of its source as it is when the copying begins, whatever becomes of that: only if it is deleted, so is
  // the fork. It is seen when it is whole.
  async #copy(asked: AskedFork): Promise<ForkResult> {
    const { channel, options } = asked
    const { names, engine } = this.#folder
    const { source: name } = options.fork
    const snapshot = engine.snapshot()
    try {
      const source = names.look(name, snapshot)
      if (!source) return this.#noSource(name)
      const plan = planFork(snapshot, source, asked.config, options, names.now())
      if ('kind' in plan) return plan
      const copy = new ForkCopy(this.#folder, channel, plan, originOf(plan, options))
      return await copy.make((record, wake) => {
        const now = names.now()
        const refused = this.#refusal(asked, now)
        if (refused) return refused
        if (names.find(name, now)?.record.id !== source.id) return this.#noSource(name)
        return this.#finish(this.#adopt(channel, record, plan, now), plan, options, now, wake)
      })
    } finally {
      snapshot.done()
    }
  }

  #adopt(channel: ChannelName, record: ChannelRecord, { source }: ForkPlan, now: number): DiskLog {
    const { names } = this.#folder
    record.micros = Math.max(source.micros, names.past(channel).micros)
    return names.adopt(channel, record, now)
  }

  #finish(log: DiskLog, plan: ForkPlan, options: ForkOptions, now: number, wake: Wakes): ForkResult {
    const { lineage, engine } = this.#folder
    const { channel, record } = log
    const { cut, source } = plan
    record.cameAt = source.cameAt
    if (cut.part) log.append([{ ...cut.part.message, data: cut.part.message.data?.subarray(0, cut.part.bytes) }], now)
    lineage.add(channel, options.fork.source)
    log.append(options.messages ?? [], now)
    if (options.closed) record.closed = true
    log.retain(now)
    wake({ kind: 'changed', channel })
    return { kind: 'created', info: LogView.of(engine, record, now).info }
  }
}

type Wakes = Parameters<Parameters<DiskFolder['commit']>[0]>[0]

interface AskedFork {
  readonly channel: ChannelName
  readonly config: ChannelConfig
  readonly options: ForkOptions
}

function originOf({ cut }: ForkPlan, { fork }: ForkOptions) {
  return { ...fork, resolved: cut.resolved }
}
