/** Awareness over its channel: what this client says of itself, the newest word only, while connected. */
import { type Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import type { Subscription } from '../client/subscription.js'
import type { YjsClient } from './yjs-client.js'

/** Between two words. */
const pauseMs = 40

type Change = Readonly<Record<'added' | 'updated' | 'removed', readonly number[]>>

export class Presence {
  readonly #client: YjsClient
  readonly #channel: string
  readonly #awareness: Awareness
  readonly #subscription: Subscription
  readonly #unlink: () => void
  /** A word is under way. */
  #busy = false
  #more = false
  #closed = false
  /** What it said before the page was hidden for good, or for coming back to. */
  #state: Record<string, unknown> | null = null

  constructor(client: YjsClient, channel: string, awareness: Awareness, fails: (thrown: unknown) => void) {
    this.#client = client
    this.#channel = channel
    this.#awareness = awareness
    this.#subscription = client.subscribe(channel, { from: 'snapshot', slow: 'conflate' }, (item) => {
      if (item.kind === 'message' && item.data instanceof Uint8Array) applyAwarenessUpdate(awareness, item.data, this)
    })
    this.#subscription.closed.catch(fails)
    awareness.on('update', this.#changed)
    // Who was away is taken for gone: a newer word says otherwise.
    this.#unlink = client.state.subscribe((state) => state === 'open' && this.#renew())
    if (client.state.value === 'open') this.#renew()
    globalThis.addEventListener?.('pagehide', this.#hide)
    globalThis.addEventListener?.('pageshow', this.#show)
  }

  /** Says that it leaves. */
  close(): void {
    this.#awareness.setLocalState(null)
    this.#closed = true
    if (this.#busy) this.#say()
    this.#awareness.off('update', this.#changed)
    this.#unlink()
    this.#subscription.close()
    globalThis.removeEventListener?.('pagehide', this.#hide)
    globalThis.removeEventListener?.('pageshow', this.#show)
  }

  #renew(): void {
    this.#awareness.setLocalState(this.#awareness.getLocalState())
  }

  readonly #hide = (): void => {
    this.#state = this.#awareness.getLocalState()
    this.#awareness.setLocalState(null)
    if (this.#busy) this.#say()
  }

  readonly #show = (): void => {
    if (this.#state) this.#awareness.setLocalState(this.#state)
    this.#state = null
  }

  readonly #changed = ({ added, updated, removed }: Change): void => {
    if (![...added, ...updated, ...removed].includes(this.#awareness.clientID)) return
    if (this.#busy) this.#more = true
    else this.#say()
  }

  /** Nothing waits in the outbox: what is said later is newer. */
  #say(): void {
    if (this.#client.state.value !== 'open') return
    this.#busy = true
    this.#more = false
    const word = encodeAwarenessUpdate(this.#awareness, [this.#awareness.clientID])
    const done = () => setTimeout(() => this.#rest(), pauseMs)
    this.#client.publish(this.#channel, word).then(done, done)
  }

  #rest(): void {
    this.#busy = false
    if (this.#more && !this.#closed) this.#say()
  }
}
