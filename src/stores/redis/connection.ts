/** One connection to one Redis, from its beginning to its end. It is never mended: a broken one is replaced. */
import type { Reply } from './codec.js'

/** The members of a client of `@redis/client` that are used. */
export interface RawClient {
  connect(): Promise<unknown>
  destroy(): void
  sendCommand(args: readonly (string | Buffer)[], options?: object): Promise<unknown>
  sSubscribe(channels: string[], listener: (message: Buffer, channel: Buffer) => void, buffers: true): Promise<void>
  sUnsubscribe(channels: string[], listener: (message: Buffer, channel: Buffer) => void, buffers: true): Promise<void>
  on(event: string, listener: (...args: never[]) => void): unknown
}

export interface ConnectionOptions {
  /** A connection that owes an answer and is silent for so long is ended. */
  readonly silentMs: number
  /** Hears of messages of what is subscribed. */
  readonly onMessage?: ((channel: string, message: Buffer) => void) | undefined
  /** The server ended a subscription: its slot has moved. */
  readonly onMoved?: ((channel: string) => void) | undefined
}

/** How often a connection is looked at, and one without traffic asked whether it is there. */
const looks = 5

export class RedisConnection {
  /** Resolves when it is over. */
  readonly ended: Promise<void>
  readonly #client: RawClient
  readonly #timer: NodeJS.Timeout
  readonly #listener: (message: Buffer, channel: Buffer) => void
  #end: () => void = () => undefined
  #open = true
  #reason: Error | undefined
  /** What Redis has said that is subscribed, and how often that was asked to change. */
  readonly #subscribed = new Set<string>()
  #changes = 0
  /** What is asked and not answered, and how many looks passed without an answer. */
  #owed = 0
  #silent = 0

  private constructor(client: RawClient, options: ConnectionOptions) {
    this.#client = client
    this.#listener = (message, channel) => options.onMessage?.(channel.toString(), message)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    // Whatever goes wrong with it is its end: what it was asked is rejected by the client.
    client.on('error', (error: Error) => {
      this.#reason ??= error
      this.end()
    })
    client.on('end', () => this.end())
    client.on('sharded-channel-moved', (channel: string) => {
      this.#subscribed.delete(channel)
      options.onMoved?.(channel)
    })
    this.#timer = setInterval(() => this.#look(), options.silentMs / looks).unref()
  }

  /** @throws whatever the client throws, and an Error if it takes longer than `silentMs`. */
  static async open(client: RawClient, options: ConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(client, options)
    connection.#owed++
    const over = connection.ended.then(() => {
      throw connection.#reason ?? new Error('no answer in time')
    })
    try {
      await Promise.race([client.connect(), over])
    } catch (thrown) {
      connection.end()
      throw thrown
    } finally {
      connection.#owed--
    }
    return connection
  }

  get open(): boolean {
    return this.#open
  }

  send(args: readonly (string | Buffer)[]): Promise<Reply> {
    return this.#owe(this.#client.sendCommand(args)) as Promise<Reply>
  }

  async subscribe(channels: string[]): Promise<void> {
    this.#changes++
    await this.#owe(this.#client.sSubscribe(channels, this.#listener, true))
    for (const channel of channels) this.#subscribed.add(channel)
  }

  async unsubscribe(channels: string[]): Promise<void> {
    this.#changes++
    // Where it fails the slot is elsewhere, and they have been ended.
    for (const channel of channels) this.#subscribed.delete(channel)
    await this.#owe(this.#client.sUnsubscribe(channels, this.#listener, true))
  }

  end(): void {
    if (!this.#open) return
    this.#open = false
    clearInterval(this.#timer)
    this.#client.destroy()
    this.#end()
  }

  async #owe<T>(answer: Promise<T>): Promise<T> {
    this.#owed++
    try {
      return await answer
    } finally {
      this.#owed--
      this.#silent = 0
    }
  }

  // By looks and not by the clock: a process that was busy itself has heard nothing either.
  #look(): void {
    if (this.#owed === 0) return void this.#ask().catch(() => undefined)
    if (++this.#silent > looks) this.end()
  }

  /**
   * Asks whether it is there, and how much is subscribed. Redis says when it ends a subscription because its slot has
   * moved, but the client takes that for the answer to what it waits for at that moment, and tells nobody.
   */
  async #ask(): Promise<void> {
    const changes = this.#changes
    const said = String(await this.send(['CLIENT', 'INFO']))
    // Before 7.0.3 it does not say.
    const subscribed = /\bssub=(\d+)/.exec(said)?.[1]
    if (subscribed === undefined || changes !== this.#changes) return
    if (Number(subscribed) !== this.#subscribed.size) this.end()
  }
}
