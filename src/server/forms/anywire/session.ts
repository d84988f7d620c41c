/** A session of `anywire.v1`: acts on the frames of one client, over any wire. PROTOCOL.md 4. */
import type { Connection } from '../../../core/reading/connection.js'
import type { Opening } from '../../../core/reading/delivery.js'
import type { Subscription } from '../../../core/reading/subscription.js'
import type {
  ClientFrame,
  FrameId,
  OutgoingFrame,
  PublishRequest,
  SubscribeRequest,
} from '../../../protocol/anywire-v1.js'
import { AnywireError } from '../../../protocol/error.js'
import type { Framing } from '../../../protocol/framing.js'
import { type ChannelName, checkName } from '../../../protocol/name.js'
import { parsePosition } from '../../../protocol/offset.js'
import { atMost } from '../../at-most.js'
import type { Context } from '../../context.js'
import { mayRead } from '../../door/permission.js'
import { clientGone } from '../../http/client-gone.js'
import { answerPublish } from './publish-frame.js'
import { microsNow, welcomeFrame } from './welcome.js'

export interface SessionOptions {
  readonly context: Context
  readonly connection: Connection
  readonly framing: Framing
  readonly address: string
  readonly out: SessionOutput
}

/** Where a session's frames go. */
export interface SessionOutput {
  /** Sends a frame at once, in order with the data frames. */
  send(frame: OutgoingFrame): void
  /** Whether the next of many subscriptions waits until `drained` is called. */
  readonly full: boolean
}

/** A subscription of this session: being opened, or open. */
interface SessionReading {
  subscription: Subscription | undefined
}

export class Session {
  readonly #context: Context
  readonly #connection: Connection
  readonly #framing: Framing
  readonly #address: string
  readonly #out: SessionOutput
  readonly #readings = new Map<ChannelName, SessionReading>()
  #publishes = 0
  #openings = 0
  /** Lists of subscriptions that wait for room. */
  #waiting: (() => void)[] | undefined

  constructor(options: SessionOptions) {
    this.#context = options.context
    this.#connection = options.connection
    this.#framing = options.framing
    this.#address = options.address
    this.#out = options.out
  }

  /** So many frames are being processed that the next one waits. */
  get busy(): boolean {
    const { publishesPending, openingsPending } = this.#context.limits
    return this.#publishes >= publishesPending || this.#openings >= openingsPending
  }

  /** There is room again, or the connection is closed. */
  drained(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const goOn of waiting) goOn()
  }

  welcome(): void {
    this.#out.send(welcomeFrame(this.#context, this.#connection.principal))
  }

  /** Acts on a frame. `auth` is for the door. Throws nothing. */
  handle(frame: Exclude<ClientFrame, { type: 'auth' }>): void | Promise<void> {
    switch (frame.type) {
      case 'subscribe':
        return this.subscribe(frame.subscriptions)
      case 'unsubscribe':
        return this.unsubscribe(frame.channels)
      case 'publish':
        return this.publish(frame)
      case 'ping':
        if (this.#connection.full) return
        return this.#out.send({ type: 'pong', ...(frame.id !== undefined && { id: frame.id }), time: microsNow() })
    }
  }

  /** Of several for one channel the last one counts. Without a promise if nothing is waited for. */
  subscribe(requests: readonly SubscribeRequest[]): void | Promise<void> {
    const [first] = requests
    if (requests.length > 1 || this.#connection.closed || this.#out.full) return this.subscribeAll(requests)
    return first && this.subscribeOne(first)
  }

  private async subscribeAll(requests: readonly SubscribeRequest[]): Promise<void> {
    const channels = new Map(requests.map((request) => [request.channel, request]))
    this.#openings += channels.size
    try {
      const { openingsPending: most } = this.#context.limits
      const ready = () => this.room()
      await atMost([...channels.values()], { most, ready }, async (request) => {
        this.#openings--
        await this.subscribeOne(request)
      })
    } catch (thrown) {
      this.#connection.close(this.#context.report(thrown))
    }
  }

  /** Resolves when there is room. @throws (or rejects with) AnywireError once the client has disconnected. */
  private room(): Promise<void> | undefined {
    if (this.#connection.closed) throw clientGone()
    if (!this.#out.full) return undefined
    return new Promise((resolve, reject) => {
      this.#waiting ??= []
      this.#waiting.push(() => (this.#connection.closed ? reject(clientGone()) : resolve()))
    })
  }

  async publish(request: PublishRequest): Promise<void> {
    this.#publishes++
    try {
      this.#out.send(await answerPublish(this.#context, this.#connection, this.#address, request))
    } catch (thrown) {
      this.#connection.close(this.#context.report(thrown))
    } finally {
      this.#publishes--
    }
  }

  /**
   * A subscription has ended: the channel can be subscribed to again. The client gets the reason, unless a frame
   * contained it.
   */
  left(subscription: Subscription, reason?: AnywireError): void {
    const { name } = subscription.log
    if (this.#readings.get(name)?.subscription === subscription) this.#readings.delete(name)
    if (reason) this.refuse(reason, name)
  }

  /** Whether it reads a channel, or is about to. */
  reads(channel: ChannelName): boolean {
    return this.#readings.has(channel)
  }

  /** The principal sent another token: subscriptions that it no longer allows end. Throws nothing. */
  async reconsider(): Promise<void> {
    const { principal } = this.#connection
    const ask = async ([channel, reading]: [ChannelName, SessionReading]) => {
      try {
        await mayRead(this.#context, channel, principal)
      } catch (thrown) {
        if (this.#readings.get(channel) !== reading || this.#connection.closed) return
        this.drop(channel)
        this.refuse(thrown, channel)
      }
    }
    await Promise.all([...this.#readings].map(ask))
  }

  /** The right to a channel was revoked: nothing is delivered any more. The returned function tells the client. */
  revoke(channel: ChannelName, reason?: AnywireError): () => void {
    this.drop(channel)
    const noLonger = () => new AnywireError('unauthorized', `You may no longer read "${channel}".`)
    return () => this.refuse(reason ?? noLonger(), channel)
  }

  refuse(thrown: unknown, channel?: ChannelName, id?: FrameId): void {
    const error = this.#context.report(thrown)
    this.#out.send({
      type: 'error',
      ...error.toJSON(),
      ...(channel !== undefined && { channel }),
      ...(id !== undefined && { id }),
    })
  }

  /** Throws nothing. */
  private subscribeOne(request: SubscribeRequest): void | Promise<void> {
    const reading: SessionReading = { subscription: undefined }
    try {
      const opening = this.open(request, reading)
      if (!(opening instanceof Promise)) return this.opened(request, reading, opening)
      this.#openings++
      return opening
        .then((opened) => this.opened(request, reading, opened))
        .catch((thrown) => this.notOpened(request, reading, thrown))
        .finally(() => {
          this.#openings--
        })
    } catch (thrown) {
      this.notOpened(request, reading, thrown)
    }
  }

  /** @throws (or rejects with) AnywireError. Without a promise where neither the rule nor the store is waited for. */
  private open({ channel, offset }: SubscribeRequest, reading: SessionReading): Opening | Promise<Opening> {
    checkName(channel, this.#context.limits.nameBytes)
    this.reserve(channel, reading)
    const permitted = mayRead(this.#context, channel, this.#connection.principal)
    if (permitted) return permitted.then(() => this.#context.open(channel, parsePosition(offset)))
    return this.#context.open(channel, parsePosition(offset))
  }

  private opened(request: SubscribeRequest, reading: SessionReading, opening: Opening): void {
    if (this.#readings.get(request.channel) !== reading || this.#connection.closed) return opening.release()
    this.begin(request, reading, opening)
  }

  private notOpened({ channel }: SubscribeRequest, reading: SessionReading, thrown: unknown): void {
    if (this.#readings.get(channel) === reading) this.#readings.delete(channel)
    this.refuse(thrown, channel)
  }

  /** Replaces an earlier subscription to the channel. */
  private reserve(channel: ChannelName, reading: SessionReading): void {
    this.#readings.get(channel)?.subscription?.close()
    this.#readings.set(channel, reading)
    const { channelsPerConnection } = this.#context.limits
    if (this.#readings.size > channelsPerConnection)
      throw new AnywireError(
        'too-many',
        `A connection reads at most ${channelsPerConnection} channels; unsubscribe from one first.`,
      )
  }

  private begin(request: SubscribeRequest, reading: SessionReading, opening: Opening): void {
    const { channel, slow, rate } = request
    const { result } = opening
    if (result.kind === 'gone') {
      opening.release()
      throw new AnywireError('gone', `The channel "${channel}" was deleted.`)
    }
    const { contentType } = opening.log
    const offset = result.kind === 'gap' ? result.to : result.from
    this.#out.send({ type: 'subscribed', channel, offset, contentType, slow, ...(rate !== undefined && { rate }) })
    reading.subscription = opening.start(this.#connection, this.#framing, { slow, rate })
    if (reading.subscription.state === 'closed') this.left(reading.subscription)
  }

  private unsubscribe(channels: readonly ChannelName[]): void {
    for (const channel of channels) this.drop(channel)
    this.#out.send({ type: 'unsubscribed', channels })
  }

  private drop(channel: ChannelName): void {
    this.#readings.get(channel)?.subscription?.close(true)
    this.#readings.delete(channel)
  }
}
