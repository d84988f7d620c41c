/** Who is forked from whom: for names kept as `gone` until the last fork goes [Durable Streams §4.2]. */
import type { ChannelName } from '../../protocol/name.js'
import type { DiskEngine } from './engine.js'
import { keyText } from './key-text.js'
import type { LineageRecord } from './record.js'

const nobody: LineageRecord = { source: undefined, forks: 0, gone: false }

export class DiskLineage {
  readonly #engine: DiskEngine

  constructor(engine: DiskEngine) {
    this.#engine = engine
  }

  add(fork: ChannelName, source: ChannelName): void {
    const from = this.#of(source) ?? nobody
    this.#save(source, { ...from, forks: from.forks + 1 })
    this.#save(fork, { ...(this.#of(fork) ?? nobody), source })
  }

  isGone(channel: ChannelName): boolean {
    return this.#of(channel)?.gone ?? false
  }

  /** Why a name cannot be used, as a sentence. */
  reserved(channel: ChannelName): string | undefined {
    if (!this.isGone(channel)) return undefined
    return `"${channel}" is deleted, and its name kept for its forks: delete it again to free it.`
  }

  /**
   * The name holds no channel any more. With `keepName` it is `gone` while it has forks; otherwise it is free, and the
   * forks are nobody's.
   */
  remove(channel: ChannelName, keepName = false): void {
    const record = this.#of(channel)
    if (!record) return
    if (keepName && record.forks > 0) this.#save(channel, { ...record, gone: true })
    else this.#cut(channel, record)
  }

  /** Frees the name, and those of gone sources that waited for nothing but this. */
  #cut(channel: ChannelName, record: LineageRecord): void {
    let [name, last]: [ChannelName, LineageRecord] = [channel, record]
    for (;;) {
      void this.#engine.names.remove(['l', keyText(name)])
      const source = last.source
      const from = source === undefined ? undefined : this.#of(source)
      if (source === undefined || !from) return
      const forks = Math.max(0, from.forks - 1)
      this.#save(source, { ...from, forks })
      if (forks > 0 || !(from.gone || from.source === undefined)) return
      ;[name, last] = [source, { ...from, source: from.gone ? from.source : undefined }]
    }
  }

  #of(channel: ChannelName): LineageRecord | undefined {
    return this.#engine.get<LineageRecord>(['l', keyText(channel)])
  }

  #save(channel: ChannelName, record: LineageRecord): void {
    void this.#engine.names.put(['l', keyText(channel)], record)
  }
}
