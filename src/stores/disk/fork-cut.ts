/** Where a fork cuts its source, and what it takes over. */
import type { ChannelConfig, Fork, ForkOptions, ForkResult } from '../../core/store.js'
import { kindOf } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { numberOf, type Offset, zeroOffset } from '../../protocol/offset.js'
import { isSameType } from '../rules/append.js'
import { forkConfig } from '../rules/config.js'
import type { EngineView } from './engine.js'
import { indexed } from './log.js'
import { LogView } from './read.js'
import type { ChannelRecord } from './record.js'
import { type MessageBody, present, type Stored } from './stored.js'

/** After this message, and perhaps so many bytes of the next one. */
interface ForkCut {
  readonly number: number
  /** The position that `offset` named. */
  readonly resolved: Offset
  readonly part?: { readonly body: MessageBody; readonly bytes: number }
}

/** What a fork is to be, by its source as it is at one moment. */
export interface ForkPlan {
  readonly source: ChannelRecord
  readonly view: LogView
  readonly cut: ForkCut
  readonly config: ChannelConfig
  /** The numbers of what is kept for its key beyond retention. */
  readonly kept: readonly number[]
}

export function planFork(
  seen: EngineView,
  source: ChannelRecord,
  asked: ChannelConfig,
  { fork, named }: ForkOptions,
  now: number,
): ForkPlan | ForkResult {
  const config = forkConfig(asked, source.config, named)
  const { contentType } = source.config
  if (!isSameType(config.contentType, contentType)) {
    return { kind: 'conflict', why: `The source "${fork.source}" holds ${contentType}, not ${config.contentType}.` }
  }
  const view = LogView.of(seen, source, now)
  const cut = cutAt(fork.source, view, contentType, fork)
  if (typeof cut === 'string') return { kind: 'fork-offset', why: cut }
  const kept = config.maxKeys === undefined ? [] : seen.numbers(source.id, indexed.order, 0, numberOf(view.floor) + 1)
  return { source, view, cut, config, kept }
}

/** Where the log of a fork begins. */
export function pastOf({ view, source }: ForkPlan) {
  return { birth: view.birth, floor: view.floor, micros: source.micros }
}

/** How many messages a fork takes over. */
export function sizeOf({ view, cut, kept }: ForkPlan): number {
  return kept.length + cut.number - numberOf(view.floor)
}

/** What a fork takes over, in the order in which it is to be written. */
export function* inherited({ view, cut, kept }: ForkPlan): Generator<Stored, void> {
  for (const number of kept) yield present(view.stored(number), number)
  for (let number = numberOf(view.floor) + 1; number <= cut.number; number++) yield present(view.stored(number), number)
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
  const resolved = number === numberOf(view.floor) ? view.floor : present(view.stored(number), number).place.offset
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
