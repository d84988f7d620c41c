/** A frame that is to be stored: what calls do to a channel, in order, decided by the rules of all stores. */
import { limitDefaults } from '../../core/limits.js'
import type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  ChannelInfo,
  CreateOptions,
  CreateResult,
  NewMessage,
} from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { type Existing, judgeAppend, mintWhen, type Vacant } from '../rules/append.js'
import { difference } from '../rules/config.js'
import { type ChannelState, encodeFrame, type FrameHead, type Group, newNonce, placed, unplaced } from './frame.js'
import { type Head, headOf } from './lookup.js'
import type { Producers } from './producers.js'

type Changing<T> = { -readonly [Name in keyof T]: T[Name] }

/** Offsets in its answers name no frame yet: `settled` puts its number in. */
export class Draft {
  readonly nonce = newNonce()
  readonly #channel: ChannelName
  readonly #head: Head
  readonly #state: Changing<ChannelState>
  readonly #producers: Producers
  readonly #now: number
  readonly #messages: NewMessage[] = []
  readonly #groups: Group[] = []
  #end: Offset
  #changed = false

  constructor(channel: ChannelName, head: Head, producers: Producers, now: number) {
    this.#channel = channel
    this.#head = head
    this.#state = stateOf(head)
    this.#producers = producers
    this.#now = now
    this.#end = head.end
  }

  /** Something is to be stored. */
  get changed(): boolean {
    return this.#changed
  }

  get deletes(): boolean {
    return this.#state.kind === 'deleted'
  }

  append(messages: readonly NewMessage[], options: AppendOptions): AppendResult {
    const answer = judgeAppend(targetOf(this.#state, this.#end, this.#producers), messages, options)
    if (answer) return answer
    if (this.#state.kind !== 'channel' && options.create) this.#begin(options.create)
    return this.#add(messages, options)
  }

  create(config: ChannelConfig, { messages = [], closed: close }: CreateOptions): CreateResult {
    const channel = this.#channel
    const { config: existing, closed, kind } = this.#state
    if (kind === 'channel' && existing) {
      const why = difference({ channel, config: existing, closed, origin: undefined }, config, { closed: close })
      return why ? { kind: 'conflict', why } : { kind: 'exists', info: this.#info() }
    }
    this.#begin(config)
    this.#add(messages, { close })
    return { kind: 'created', info: this.#info() }
  }

  delete(): 'deleted' | 'missing' {
    const state = this.#state
    if (state.kind !== 'channel') return 'missing'
    state.micros = mintWhen(this.#now, state.micros, step())
    Object.assign(state, { ...nothing, kind: 'deleted', birth: unplaced(state.micros, 0) })
    this.#end = state.birth
    this.#changed = true
    return 'deleted'
  }

  /** The frame as it is stored. */
  encode(): Buffer {
    const { seq: before, end: previous } = this.#head
    const { kind, birth, since, micros, total, closed, streamSeq, config, uses, written, producers, left, to } =
      this.#state
    const head: FrameHead = {
      kind,
      birth,
      since,
      micros,
      total,
      closed,
      streamSeq,
      config,
      uses,
      written,
      producers,
      recent: this.#producers.since(written),
      left,
      to,
      channel: this.#channel,
      nonce: this.nonce,
      before,
      groups: this.#groups,
      previous: kind === 'deleted' ? birth : previous,
    }
    return encodeFrame(head, this.#messages)
  }

  /** What is known of the channel once the frame is stored. */
  settle(seq: number): Head {
    this.#state.recent = this.#producers.since(this.#state.written)
    return headOf(this.#head.stream, this.#state, seq, placed(this.#end, seq))
  }

  #begin(config: ChannelConfig): void {
    Object.assign(this.#state, { ...nothing, kind: 'channel', config, since: this.#head.seq })
  }

  #add(messages: readonly NewMessage[], options: AppendOptions): AppendResult {
    const { producer, seq, close, maxProducers = limitDefaults.producersPerChannel } = options
    const state = this.#state
    const place = this.#messages.length + 1
    if (messages.length > 0) {
      state.micros = mintWhen(this.#now, state.micros, step())
      state.total += messages.length
      this.#messages.push(...messages)
      this.#groups.push([state.micros, messages.length])
      this.#end = unplaced(state.micros, this.#messages.length)
    }
    if (producer) {
      this.#producers.remember(producer, ++state.uses, maxProducers)
      state.producers = this.#producers.size
    }
    if (seq !== undefined) state.streamSeq = seq
    if (close) state.closed = true
    this.#changed = true
    const first = messages.length > 0 ? unplaced(state.micros, place) : this.#end
    return { kind: 'appended', first, next: this.#end, closed: state.closed }
  }

  /** Of a channel that began in this frame; what existed before is asked for by itself. */
  #info(): ChannelInfo {
    const { birth, total, config } = this.#state
    const over = Math.min(this.#messages.length, Math.max(0, total - (config?.retain.messages ?? total)))
    return infoOf(this.#state, over === 0 ? birth : this.#offsetAt(over), this.#end)
  }

  #offsetAt(place: number): Offset {
    let from = 0
    for (const [micros, count] of this.#groups) {
      from += count
      if (place <= from) return unplaced(micros, place)
    }
    return this.#end
  }
}

const nothing = {
  total: 0,
  closed: false,
  streamSeq: undefined,
  config: undefined,
  uses: 0,
  written: 0,
  producers: 0,
  recent: [],
} as const

/** As the rules ask for it. */
export function targetOf(
  { kind, closed, config, streamSeq, birth }: ChannelState,
  end: Offset,
  producers: Pick<Producers, 'lastOf'>,
): Existing | Vacant {
  if (kind !== 'channel' || !config) return { exists: false, gone: false, head: birth, closed: false }
  const { contentType } = config
  return { exists: true, head: end, closed, contentType, seq: streamSeq, lastOf: (id) => producers.lastOf(id) }
}

export function infoOf({ kind, config, closed }: ChannelState, earliest: Offset, head: Offset): ChannelInfo {
  if (kind !== 'channel' || !config) return { exists: false, contentType: undefined, earliest, head, closed: false }
  const { contentType, retain, maxKeys } = config
  return { exists: true, contentType, earliest, head, closed, policy: { retain, maxKeys } }
}

/** An answer of the draft, with the number of its frame. */
export function settled<T>(answer: T, seq: number): T {
  if (typeof answer !== 'object' || answer === null) return answer
  if (isAppended(answer)) {
    const { kind, first, next, closed } = answer
    return { kind, first: placed(first, seq), next: placed(next, seq), closed } as typeof answer
  }
  const fields = Object.entries(answer).map(([name, value]) => {
    if (positions.has(name)) return [name, placed(value as Offset, seq)]
    return [name, name === 'info' ? settled(value, seq) : value]
  })
  return Object.fromEntries(fields) as T
}

/** Nearly all answers are. */
function isAppended(answer: object): answer is Extract<AppendResult, { kind: 'appended' }> {
  return 'kind' in answer && answer.kind === 'appended'
}

/** A copy. */
function stateOf(of: ChannelState): Changing<ChannelState> {
  const { kind, birth, since, micros, total, closed, streamSeq, config, uses, written, producers, recent, left, to } =
    of
  return { kind, birth, since, micros, total, closed, streamSeq, config, uses, written, producers, recent, left, to }
}

const positions = new Set(['first', 'next', 'earliest', 'head'])

/** So many microseconds a *when* is set beyond the one before it. */
function step(): number {
  return 1 + Math.floor(Math.random() * 1_000)
}
