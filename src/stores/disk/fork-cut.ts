/** What a fork takes over of its source. */
import type { ChannelConfig, ForkOptions, ForkResult } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { numberOf } from '../../protocol/offset.js'
import { isSameType } from '../rules/append.js'
import { forkConfig } from '../rules/config.js'
import { cutAt, type ForkCut, type ForkSource } from '../rules/fork.js'
import type { EngineView } from './engine.js'
import { indexed } from './log.js'
import { LogView } from './read.js'
import type { ChannelRecord } from './record.js'
import { type MessageBody, present, type Stored } from './stored.js'

/** What a fork is to be, by its source as it is at one moment. */
export interface ForkPlan {
  readonly source: ChannelRecord
  readonly view: LogView
  readonly cut: ForkCut<MessageBody>
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
  const cut = cutAt(sourceOf(fork.source, view, contentType), fork)
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
  return kept.length + cut.place - numberOf(view.floor)
}

/** What a fork takes over, in the order in which it is to be written. */
export function* inherited({ view, cut, kept }: ForkPlan): Generator<Stored, void> {
  for (const number of kept) yield present(view.stored(number), number)
  for (let number = numberOf(view.floor) + 1; number <= cut.place; number++) yield present(view.stored(number), number)
}

/** The log of a source: the place of a message is its number. */
function sourceOf(channel: ChannelName, view: LogView, contentType: string): ForkSource<MessageBody> {
  const { floor, head } = view
  const at = (number: number) => {
    const stored = number <= numberOf(head) ? view.stored(number) : undefined
    return stored && { offset: stored.place.offset, data: stored.body.data, message: stored.body }
  }
  return { channel, contentType, floor, head, start: numberOf(floor), locate: (offset) => view.locate(offset), at }
}
