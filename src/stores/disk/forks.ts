/** The disk store's half for forks, and deleting, which has to know of them. A fork is a copy, made in one commit. */
import type { ChannelConfig, Fork, ForkOptions, ForkResult, Forks } from '../../core/store.js'
import { kindOf } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { numberOf, type Offset, zeroOffset } from '../../protocol/offset.js'
import { isSameType } from '../rules/append.js'
import { difference, forkConfig } from '../rules/config.js'
import type { DiskFolder } from './folder.js'
import { DiskLog, indexed } from './log.js'
import { LogView } from './read.js'
import type { MessageBody } from './stored.js'

/** Where a fork cuts its source: after this message, and perhaps so many bytes of the next one. */
interface ForkCut {
  readonly number: number
  /** The position that `offset` named. */
  readonly resolved: Offset
  readonly part?: { readonly body: MessageBody; readonly bytes: number }
}

export class DiskForks implements Forks {
  readonly #folder: DiskFolder

  constructor(folder: DiskFolder) {
    this.#folder = folder
  }

  create(channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult> {
    const folder = this.#folder
    const { names, lineage } = folder
    return folder.commit((wake): ForkResult => {
      const now = names.now()
      const log = names.find(channel, now)
      if (log) {
        const why = difference(log, config, options)
        return why
          ? { kind: 'conflict', why }
          : { kind: 'exists', info: LogView.of(folder.engine, log.record, now).info }
      }
      const why = lineage.reserved(channel)
      if (why) return { kind: 'conflict', why }
      const full = names.noRoom()
      if (full) return { kind: 'full', why: full }
      const made = this.#fork(channel, config, options, now)
      if (!(made instanceof DiskLog)) return made
      made.append(options.messages ?? [], now)
      if (options.closed) made.record.closed = true
      made.retain(now)
      wake({ kind: 'changed', channel })
      return { kind: 'created', info: LogView.of(folder.engine, made.record, now).info }
    })
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

  #fork(channel: ChannelName, asked: ChannelConfig, { fork, named }: ForkOptions, now: number): DiskLog | ForkResult {
    const folder = this.#folder
    const { names, lineage } = folder
    const { source: name } = fork
    const source = names.find(name, now)
    if (!source) return { kind: lineage.isGone(name) ? 'fork-gone' : 'fork-missing' }
    const config = forkConfig(asked, source.config, named)
    if (!isSameType(config.contentType, source.contentType)) {
      return { kind: 'conflict', why: `The source "${name}" holds ${source.contentType}, not ${config.contentType}.` }
    }
    const view = LogView.of(folder.engine, source.record, now)
    const cut = cutAt(name, view, source.contentType, fork)
    if (typeof cut === 'string') return { kind: 'fork-offset', why: cut }
    const micros = Math.max(source.record.micros, names.past(channel).micros)
    const past = { birth: view.birth, floor: view.floor, micros }
    const log = names.open(channel, config, now, past, { ...fork, resolved: cut.resolved })
    copy(log, source, view, cut, folder, now)
    lineage.add(channel, name)
    return log
  }
}

/** Fills a new log with what the cut leaves of its source. Messages keep their offsets. */
function copy(log: DiskLog, source: DiskLog, view: LogView, cut: ForkCut, folder: DiskFolder, now: number): void {
  const floor = numberOf(view.floor)
  const { id } = source.record
  const ordered = { start: [id, indexed.order, 0], end: [id, indexed.order, floor + 1] }
  for (const key of folder.engine.index.getKeys(ordered)) log.inheritKey(source.stored(key[2] as number)!)
  for (let number = floor + 1; number <= cut.number; number++) {
    const { place, body, at } = source.stored(number)!
    log.push(place, body, at)
  }
  log.record.cameAt = source.record.cameAt
  if (cut.part) log.append([{ ...cut.part.body, data: cut.part.body.data?.subarray(0, cut.part.bytes) }], now)
}

/** Answers why the fork cannot be made there, or where it is. */
function cutAt(
  source: ChannelName,
  view: LogView,
  contentType: string,
  { offset, subOffset = 0 }: Fork,
): ForkCut | string {
  const asked = offset ?? view.head
  const start = asked === zeroOffset || asked === '-1'
  const number = start ? numberOf(view.floor) : view.locate(asked)
  if (number === 'trimmed') return `The offset ${asked} is older than what "${source}" keeps.`
  if (number === 'reset') return `The offset ${asked} is no position of "${source}".`
  const resolved = number === numberOf(view.floor) ? view.floor : view.stored(number)!.place.offset
  if (subOffset === 0) return { number, resolved }
  const next = number < numberOf(view.head) ? view.stored(number + 1) : undefined
  if (!next) return `Nothing follows ${resolved} in "${source}", so there is no sub-offset ${subOffset}.`
  if (kindOf(contentType) !== 'json') return cutInMessage(next.body, number, subOffset, resolved)
  const last = view.stored(number + subOffset)
  if (last?.place.micros === next.place.micros) return { number: number + subOffset, resolved }
  return `The append after ${resolved} has fewer than ${subOffset} messages.`
}

function cutInMessage(next: MessageBody, number: number, bytes: number, resolved: Offset): ForkCut | string {
  const length = next.data?.byteLength ?? 0
  if (bytes > length) return `The message after ${resolved} has ${length} bytes, fewer than ${bytes}.`
  if (bytes === length) return { number: number + 1, resolved }
  return { number, resolved, part: { body: next, bytes } }
}
