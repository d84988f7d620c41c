/** Sends messages to one channel, each until it is stored, and gives up when nothing is stored for too long. */
import { transports } from '../client/link.js'
import type { Acknowledgement } from '../client/outbox.js'
import { AnywireError, type ChannelName } from '../protocol/index.js'
import { HubClient } from './hub-client.js'
import type { HubAddress } from './options.js'

/** How long a message is tried before giving up. */
const patienceMs = 60_000

export interface PostOptions extends HubAddress {
  readonly event?: string
  readonly key?: string
}

/** The text of JSON, or bytes. */
export type Data = string | Uint8Array

/** Sends to one channel, and gives up when no message has been stored for `patienceMs`. */
export class Post {
  readonly #channel: ChannelName
  readonly #options: PostOptions
  readonly #hub: HubClient
  #waiting = 0
  #patience: NodeJS.Timeout | undefined

  constructor(channel: ChannelName, options: PostOptions) {
    this.#channel = channel
    this.#options = options
    this.#hub = new HubClient({ ...options, transports })
  }

  /** Without data it removes the key. @throws AnywireError if it is refused, or was tried for too long. */
  async send(data: Data | undefined): Promise<Acknowledgement> {
    const { key, event } = this.#options
    if (this.#waiting++ === 0) this.#hope()
    try {
      return await this.#hub.client.publish(this.#channel, data, { key, event })
    } finally {
      this.#hope(--this.#waiting > 0)
    }
  }

  close(): Promise<void> {
    return this.#hub.client.close()
  }

  /** Something was stored or refused: what else waits, if anything, has the whole time. */
  #hope(waits = true): void {
    clearTimeout(this.#patience)
    if (!waits) return
    const late = () => this.#hub.problem ?? new AnywireError('timeout', 'The server did not answer in time.')
    this.#patience = setTimeout(() => this.#hub.end(late()), patienceMs)
  }
}
