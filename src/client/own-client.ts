/** The client: what the application asked for, whatever core serves it. Its core may be replaced at any time. */
import { slows } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { whenAborted } from './abort.js'
import { batchMicrotask } from './batch.js'
import { base64Of } from './bytes.js'
import type { CachePlace } from './cache/place.js'
import type { Client, OnItem, PublishOptions, SubscribeOptions } from './client.js'
import { itemFrom } from './item.js'
import type { Acknowledgement, Outbox, OutboxOptions } from './outbox.js'
import type { CorePort, FromCore, PublishAnswer, ToCore, Wish } from './port.js'
import type { PresenceWish } from './presence.js'
import type { Problem } from './problem/problem.js'
import type { Called } from './problem/strange.js'
import type { Presence } from './roster.js'
import { type Changing, createSignal } from './signal.js'
import { somebodyElse } from './somebody-else.js'
import type { State, Stats } from './stats.js'
import { ClientSubscription, type Subscription } from './subscription.js'

export interface ClientOptions {
  readonly openPort: (receive: (message: FromCore) => void) => Promise<CorePort>
  readonly outbox: (send: OutboxOptions['send']) => Outbox
  readonly token: (() => string | Promise<string>) | undefined
  /** Asks the server who we are, since it takes us for somebody else than `known`. */
  readonly renew: (known: string | undefined) => Promise<'same' | 'other' | 'anyone'>
  /** Where what was shown last may be kept; undefined: nowhere. */
  readonly place?: CachePlace
  readonly closed: () => void
  readonly learnt: (memory: Extract<FromCore, { type: 'learnt' }>['memory']) => void
  /** Told which options were given. */
  readonly asked?: ((called: Called, options: object) => void) | undefined
}

type CoreMessage<Type extends FromCore['type']> = Extract<FromCore, { type: Type }>
type ClientHandlers = { readonly [Type in FromCore['type']]: (message: CoreMessage<Type>) => unknown }

/** How long `close` waits for answers to what was sent. */
const answersMs = 1_000

export const createClient = <Channels>(
  options: ClientOptions,
): Client<Channels> & { readonly problem: Changing<Problem | undefined> } => new OwnClient(options)

// What the application may take apart, as in `const { publish } = client`, is bound.
class OwnClient implements Client<never> {
  readonly state = createSignal<State>('idle')
  readonly problem = createSignal<Problem | undefined>(undefined)
  readonly stats = createSignal<Stats>({ bytes: 0, messages: 0, reconnects: 0, gaps: 0, decisions: [] })
  readonly #options: ClientOptions
  readonly #subscriptions = new Map<number, ClientSubscription>()
  #port: Promise<CorePort> | undefined
  #outbox: Outbox
  readonly #answers = createSignal<PublishAnswer | undefined>(undefined)
  #ids = 0
  #entered: ClientSubscription[] = []
  #ended: AnywireError | undefined
  #closing: Promise<void> | undefined
  /** Who we are to the server, once a core has answered that. */
  #principal: string | undefined
  /** Who the core serves. */
  #served: string | undefined
  #asking = false

  readonly #answered = (answer: PublishAnswer): void => {
    this.#answers.set(answer)
    this.#outbox.answered(answer)
  }

  readonly #handlers: ClientHandlers = {
    subscribed: ({ id, offset }) => this.#subscriptions.get(id)?.begins(offset),
    items: ({ id, items, position }) => this.#subscriptions.get(id)?.take(items.map(itemFrom), position),
    failing: ({ id, error }) => this.#subscriptions.get(id)?.failing(AnywireError.fromJSON(error)),
    ended: ({ id, error }) => {
      this.#subscriptions.get(id)?.last(error && AnywireError.fromJSON(error))
      this.#subscriptions.delete(id)
    },
    published: this.#answered,
    refused: this.#answered,
    state: (message) => this.#changed(message),
    stranger: (message) => {
      this.#served = message.principal
      return this.#reidentify()
    },
    stats: (message) => this.stats.set(message.stats),
    learnt: ({ memory }) => this.#options.learnt(memory),
    token: () => this.#token(),
    moved: () => {
      if (this.#subscriptions.size > 0) this.#ask([...this.#subscriptions.values()])
      else this.#outbox.linked()
    },
  }

  constructor(options: ClientOptions) {
    this.#options = options
    this.#outbox = this.#options.outbox(this.#say)
  }

  readonly subscribe = (channel: string, given: SubscribeOptions | OnItem = {}, callback?: OnItem) => {
    if (this.#ended) throw this.#ended
    const [options, onItem] = typeof given === 'function' ? [{}, given] : [given, callback]
    const { schema, signal, failing }: SubscribeOptions = options
    this.#options.asked?.('subscribe', options)
    const id = ++this.#ids
    const line = {
      consumed: (count: number) => this.#send({ type: 'consumed', id, count }),
      left: () => {
        if (this.#subscriptions.delete(id)) this.#send({ type: 'unsubscribe', ids: [id] })
      },
    }
    const subscription = new ClientSubscription({ wish: wishOf(id, channel, options), line, schema, onItem, failing })
    this.#subscriptions.set(id, subscription)
    this.#entered.push(subscription)
    this.#enter()
    whenAborted(signal, subscription.close)
    return subscription as Subscription as Subscription<never>
  }

  readonly publish = (channel: string, data: unknown, options: PublishOptions = {}): Promise<Acknowledgement> => {
    const { key, event, queued, failing } = options
    this.#options.asked?.('publish', options)
    const body = data instanceof Uint8Array ? { base64: base64Of(data) } : { data }
    const acknowledged = this.#outbox.publish({ channel, ...body, key, event }, { queued, failing })
    void this.#connect()
    return acknowledged
  }

  readonly presence = async (...of: PresenceWish): Promise<Presence<never>> =>
    (await import('./presence.js')).openPresence(this, this.#say, this.#answers, ...of)

  readonly cache = async () => (await import('./cache.js')).openCache(this, this.#options)

  readonly close = (): Promise<void> => {
    this.#closing ??= this.#end()
    return this.#closing
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #say: OutboxOptions['send'] = (requests) =>
    this.#send({ type: 'publish', requests, principal: this.#principal })

  #connect(): Promise<CorePort> {
    this.#port ??= this.#options.openPort((message) => this.#handlers[message.type](message as never))
    return this.#port
  }

  #send(message: ToCore): void {
    void this.#connect().then((port) => port.send(message))
  }

  #ask(asked: readonly ClientSubscription[]): void {
    this.#send({ type: 'subscribe', wishes: asked.map(({ again }) => again), principal: this.#principal })
  }

  /** Subscriptions of one turn travel as one request. */
  readonly #enter = batchMicrotask(() => {
    const asked = this.#entered.filter(({ again }) => this.#subscriptions.has(again.id))
    this.#entered = []
    if (asked.length > 0) this.#ask(asked)
  })

  #changed({ principal, state, error }: CoreMessage<'state'>): unknown {
    this.#served = principal ?? this.#served
    this.#principal ??= this.#served
    if (this.#served !== this.#principal) return this.#reidentify()
    if (state === 'open') this.#outbox.linked()
    if (state === 'closed' && error) void this.#shut(AnywireError.fromJSON(error))
    return this.state.set(this.#ended ? 'closed' : state)
  }

  async #token(): Promise<void> {
    try {
      this.#send({ type: 'token', token: await this.#options.token?.() })
    } catch (cause) {
      const message = `The "token" function failed: ${cause}`
      this.#send({ type: 'token', error: { code: 'unavailable', message } })
    }
  }

  /**
   * What one has left is never sent as another: it waits under its own name, and we go on as whom the server takes us
   * for.
   */
  async #reidentify(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const found = await this.#options.renew(this.#principal)
    this.#asking = false
    if (this.#ended || (found === 'same' && this.#served === this.#principal)) return
    if (found === 'other') {
      void this.#outbox.close(somebodyElse())
      this.#outbox = this.#options.outbox(this.#say)
    }
    if (found !== 'same') this.#principal = undefined
    this.#served = undefined
    void this.#port?.then((line) => line.close())
    this.#port = undefined
    this.state.set('idle')
    if (this.#subscriptions.size > 0) this.#ask([...this.#subscriptions.values()])
    else if (this.#outbox.size > 0) void this.#connect()
  }

  async #shut(error: AnywireError, ms = 0): Promise<void> {
    if (this.#ended) return
    this.#ended = error
    for (const one of this.#subscriptions.values()) one.ends(error.code === 'closed' ? undefined : error)
    this.#subscriptions.clear()
    await this.#outbox.close(error, ms)
    this.#options.closed()
  }

  async #end(): Promise<void> {
    // Without a connection no answer comes.
    const ms = !this.#ended && this.state.value === 'open' ? answersMs : 0
    await this.#shut(new AnywireError('closed', 'The client is closed.'), ms)
    const line = await this.#port
    line?.close()
    this.state.set('closed')
  }
}

/**
 * The server judges each channel and position for itself; what has not even their shape would spoil its whole request.
 * @throws AnywireError `bad-request`
 */
function wishOf(id: number, channel: string, options: SubscribeOptions): Wish {
  const { from = 'now', slow = 'catch-up', rate, worker } = options
  const offset = from === 'start' ? '-1' : from
  const fits = [channel, offset].every((one) => typeof one === 'string')
  if (!fits || !(rate === undefined || rate >= 1) || !slows.includes(slow))
    throw new AnywireError(
      'bad-request',
      `Channel and "from" are strings, "rate" is at least 1, "slow" one of ${slows}.`,
    )
  return { id, channel, offset, slow, rate, transform: worker && String(worker) }
}
