/** The client as commands use it: in this thread, messages as text, an end where a person would give up. */
import type { Client } from '../client/client.js'
import { createCore } from '../client/core.js'
import type { Transport } from '../client/link.js'
import { Outbox } from '../client/outbox.js'
import { createClient } from '../client/own-client.js'
import type { FromCore } from '../client/port.js'
import { openLocal } from '../client/tabs/local.js'
import { AnywireError } from '../protocol/index.js'
import { greet, isFinal } from './greeting.js'
import { jsonText } from './json-text.js'
import { type HubAddress, mountUrl } from './options.js'
import { printable } from './printable.js'

export interface HubClientOptions extends HubAddress {
  readonly transports: readonly Transport[]
  /** Called with each message of the core, before the client gets it. */
  readonly seen?: ((message: FromCore) => void) | undefined
}

export class HubClient {
  /** The `data` of its messages is the text of their JSON. It ends with what trying again would not change. */
  readonly client: Client<Record<string, string | Uint8Array | undefined>>
  /** Why there is no connection at present. */
  problem: AnywireError | undefined
  readonly #options: HubClientOptions
  #receive: (message: FromCore) => void = () => undefined
  #everOpen = false
  /** It was told that there is no connection yet. */
  #told = false

  constructor(options: HubClientOptions) {
    const { url, transports, token } = options
    const core = { url: mountUrl(url).href, transports, json: jsonText, principal: null }
    this.#options = options
    this.client = createClient({
      token: token === undefined ? undefined : () => token,
      openPort: async (receive) => {
        this.#receive = receive
        return openLocal(createCore(core), (message) => this.#take(message))
      },
      outbox: (send) => new Outbox({ send }),
      // Without a principal nobody asks, and nothing is shared or kept.
      renew: async () => 'anyone',
      closed: () => undefined,
      learnt: () => undefined,
    })
  }

  /** Ends everything that is read and published with this error. */
  end(error: AnywireError): void {
    this.#receive({ type: 'state', state: 'closed', error: error.toJSON() })
  }

  #take(message: FromCore): void {
    this.#options.seen?.(message)
    this.#receive(message)
    if (message.type !== 'state') return
    const { state, error } = message
    this.problem = error && AnywireError.fromJSON(error)
    this.#everOpen ||= state === 'open'
    if (state === 'waiting' && this.problem) void this.#examine(this.problem)
  }

  /** The client tries again whatever may pass. What the answer to one request says may be clearer. */
  async #examine(problem: AnywireError): Promise<void> {
    // The credential of a command does not change.
    if (problem.code === 'unauthorized') return this.end(problem)
    if (this.#everOpen) return
    const error = await greet(this.#options).catch(AnywireError.from)
    if (error && isFinal(error)) return this.end(error)
    if (!this.#told) console.error(printable(`waiting: ${(error ?? problem).message}`))
    this.#told = true
  }
}
