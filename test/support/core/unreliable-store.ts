/** A store around another one whose wake-ups get lost, late or doubled, and whose answers can be held up. Closing it leaves the other open. */
import type {
  AppendOptions,
  ChannelConfig,
  CreateOptions,
  Limit,
  NewMessage,
  Policy,
  ReadResult,
  Store,
  Wake,
} from '../../../src/core/store.js'
import type { ChannelName } from '../../../src/protocol/name.js'
import type { Offset, Position } from '../../../src/protocol/offset.js'
import { type Deferred, deferred } from './deferred.js'

export class UnreliableStore implements Store {
  readonly #store: Store
  #listener: ((wake: Wake) => void) | undefined
  /** What becomes of a wake-up: those that are passed on, in that order. */
  onWake: (wake: Wake) => readonly Wake[] = (wake) => [wake]
  /** Reads under way, the most there were at once, and all there have been. */
  reading = 0
  mostReading = 0
  reads = 0
  #readGate: Deferred<void> | undefined
  #positionGate: Deferred<void> | undefined
  #failure: Error | undefined
  #positionFailure: Error | undefined

  constructor(store: Store) {
    this.#store = store
  }

  get capabilities() {
    return this.#store.capabilities
  }

  /** Passes a wake-up of our own to the listener. */
  wake(wake: Wake): void {
    this.#listener?.(wake)
  }

  holdReads(): void {
    this.#readGate = deferred()
  }

  releaseReads(): void {
    this.#readGate?.resolve()
    this.#readGate = undefined
  }

  /** The next `position` fails. */
  failPositions(failure: Error): void {
    this.#positionFailure = failure
  }

  /** The next read fails. */
  failReads(failure: Error): void {
    this.#failure = failure
  }

  /** What `position` is asked from now on is answered only when released, with what was true when it was asked. */
  holdPositions(): { release(): void } {
    const gate = deferred()
    this.#positionGate = gate
    return { release: gate.resolve }
  }

  freePositions(): void {
    this.#positionGate = undefined
  }

  append(channel: ChannelName, messages: readonly NewMessage[], options?: AppendOptions) {
    return this.#store.append(channel, messages, options)
  }

  read(channel: ChannelName, position: Position, limit: Limit) {
    return this.#slowly(() => this.#store.read(channel, position, limit))
  }

  snapshot(channel: ChannelName, after: Offset | undefined, until: Offset | undefined, limit: Limit) {
    return this.#slowly(() => this.#store.snapshot(channel, after, until, limit))
  }

  async position(channels: readonly ChannelName[]) {
    const failure = this.#positionFailure
    this.#positionFailure = undefined
    if (failure) throw failure
    const gate = this.#positionGate
    const infos = await this.#store.position(channels)
    await gate?.promise
    return infos
  }

  create(channel: ChannelName, config: ChannelConfig, options?: CreateOptions) {
    return this.#store.create(channel, config, options)
  }

  configure(channel: ChannelName, policy: Policy) {
    return this.#store.configure(channel, policy)
  }

  delete(channel: ChannelName) {
    return this.#store.delete(channel)
  }

  touch(channels: readonly ChannelName[]): void {
    this.#store.touch(channels)
  }

  get forks() {
    return this.#store.forks
  }

  watch(listener: (wake: Wake) => void): void {
    this.#listener = listener
    this.#store.watch((wake) => {
      for (const one of this.onWake(wake)) this.#listener?.(one)
    })
  }

  follow(channel: ChannelName) {
    return this.#store.follow(channel)
  }

  unfollow(channel: ChannelName): void {
    this.#store.unfollow(channel)
  }

  async close(): Promise<void> {
    this.#listener = undefined
  }

  async #slowly(read: () => Promise<ReadResult>): Promise<ReadResult> {
    this.reads++
    this.mostReading = Math.max(this.mostReading, ++this.reading)
    try {
      await this.#readGate?.promise
      const failure = this.#failure
      this.#failure = undefined
      if (failure) throw failure
      return await read()
    } finally {
      this.reading--
    }
  }
}
