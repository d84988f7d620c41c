/** The world of the resume test: a hub on a real server, whose store, clock and log can be lost, set back and deleted. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHub, type Hub, memory } from '../../src/index.js'
import { UnreliableStore } from '../support/core/unreliable-store.js'
import { Ledger, last } from './ledger.js'

export type Kind = 'json' | 'text'

/** What may happen to a channel. Sizes in bytes, 0 being an empty message where there can be one. */
export type Event =
  | { readonly do: 'publish' | 'batch'; readonly sizes: readonly number[] }
  | { readonly do: 'delete' | 'restart' | 'lose' }
  | { readonly do: 'clock-back' | 'wait'; readonly ms: number }

const limits = { windowMessages: 16, pollMs: 100, durableSseMs: 400, sliceBytes: 16_384, pageBytes: 65_536 }

export class World {
  readonly kind: Kind
  readonly channel: string
  readonly ledger = new Ledger()
  hub!: Hub
  readonly #server: Server
  #undo: () => void = () => undefined
  #skewMs = 0
  #store = this.memory()

  constructor(kind: Kind) {
    this.kind = kind
    this.channel = kind
    this.#server = createServer()
    this.start()
  }

  static async open(kind: Kind): Promise<World> {
    const world = new World(kind)
    world.#server.listen(0, '127.0.0.1')
    await once(world.#server, 'listening')
    return world
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Where the empty log ends: a reader from here must get everything. */
  async head(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/channels/${this.channel}`, { method: 'HEAD' })
    return answer.headers.get('Stream-Next-Offset')!
  }

  async happen(event: Event): Promise<void> {
    switch (event.do) {
      case 'publish':
        for (const size of event.sizes) await this.publish([size])
        return
      case 'batch':
        return this.publish(event.sizes)
      case 'delete':
        await fetch(`http://127.0.0.1:${this.port}/channels/${this.channel}`, { method: 'DELETE' })
        return this.ledger.ends()
      case 'lose':
        this.#store = this.memory()
        this.ledger.ends()
        return this.restart()
      case 'restart':
        return this.restart()
      case 'clock-back':
        this.#skewMs -= event.ms
        return
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, event.ms))
    }
  }

  /** Publishes the last message of all. */
  async finish(): Promise<void> {
    this.ledger.stored(
      (await this.hub.publish(this.channel, this.kind === 'json' ? { id: last } : `<${last}:>`)).offset,
    )
  }

  async close(): Promise<void> {
    await this.hub.close({ graceMs: 1 })
    this.#server.close()
    this.#server.closeAllConnections()
  }

  private async publish(sizes: readonly number[]): Promise<void> {
    const atLeast = this.kind === 'json' ? 1 : 0
    const sized = sizes.map((size) => Math.max(size, atLeast))
    const messages = this.ledger.names(sized).map((id, i) => ({ data: this.spell(id, sized[i]!) }))
    this.ledger.stored((await this.hub.publishBatch(this.channel, messages)).offset)
  }

  private spell(id: string | undefined, size: number): unknown {
    const filling = 'é'.repeat(size / 2)
    if (this.kind === 'json') return { id, filling }
    return id === undefined ? '' : `<${id}:${filling}>`
  }

  // A fraction of a millisecond: real publishers do not meet on the same microsecond of two clocks.
  private memory() {
    return memory({ now: () => Date.now() + this.#skewMs + Math.random() })
  }

  private start(): void {
    const retain = { messages: 200 }
    const rules = { json: { retain }, text: { retain, contentType: 'text/plain' } }
    this.hub = createHub({ store: new UnreliableStore(this.#store), rules, limits })
    this.#undo = this.hub.attach(this.#server)
  }

  private async restart(): Promise<void> {
    const { hub } = this
    this.#undo()
    this.start()
    await hub.close({ graceMs: 1 })
  }
}
