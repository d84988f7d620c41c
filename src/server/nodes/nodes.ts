/** The nodes of one store: what is said to all of them travels as messages of the channel `$hub`, which all follow. */
import { randomBytes } from 'node:crypto'
import { hubChannel } from '../../core/own-channels.js'
import { BytesBody } from '../../core/publish/body.js'
import type { Publisher } from '../../core/publish/publisher.js'
import type { Connection } from '../../core/reading/connection.js'
import type { Delivery } from '../../core/reading/delivery.js'
import type { Rule } from '../../core/rule.js'
import type { RuleTable } from '../../core/rule-table.js'
import type { StoreCapabilities } from '../../core/store.js'
import { type Timed, timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import { type Position, parsePosition } from '../../protocol/offset.js'
import type { LocalItem, LocalWire } from '../../wires/local.js'
import { local, localConnection } from '../forms/local-connection.js'
import { type NodeMessage, readNodeMessage, spellNodeMessage } from './node-message.js'
import { Saying } from './saying.js'

const channel = hubChannel
/** A node that the store is away from for longer is told that it has missed something. */
const rule: Rule = {
  contentType: 'application/json',
  retain: { messages: 10_000, bytes: 4_194_304, ageMs: 600_000 },
  subscribe: false,
  publish: false,
  manage: false,
}
const retryMs = 1_000
/** The `transport` of its reading. */
export const nodesTransport = 'nodes'

export interface NodesOptions {
  readonly store: { capabilitiesOf(channel: string): StoreCapabilities }
  readonly publisher: Pick<Publisher, 'publish'>
  readonly delivery: Delivery
  readonly rules: RuleTable
  /** Does what another node says. */
  readonly hear: (message: NodeMessage) => void
  readonly report: (thrown: unknown) => void
}

export class Nodes {
  /** Whether others may use the store: otherwise nothing is said and nothing read. */
  readonly shared: boolean
  readonly #options: NodesOptions
  readonly #id = randomBytes(9).toString('base64url')
  readonly #saying: Saying
  readonly #again: Timed = timed(() => void this.#read())
  /** Where it has read up to. */
  #position: Position = { kind: 'now' }
  #connection: Connection | undefined
  /** Sentences that were reported: each once. */
  readonly #told = new Set<string>()
  #closed = false

  constructor(options: NodesOptions) {
    const { store, publisher, rules, delivery, report } = options
    this.#options = options
    this.shared = store.capabilitiesOf(channel).shared
    const append = (data: Uint8Array) =>
      publisher.publish({ channel, body: new BytesBody([{ data }], delivery.limits), create: true, lane: this })
    this.#saying = new Saying({ channel, append, wheel: delivery.wheel, report })
    if (!this.shared) return
    rules.precede({ [channel]: rule })
    void this.#read()
  }

  /** How many of the hub's readings are its own. */
  get readings(): number {
    return this.#connection && !this.#connection.closed ? 1 : 0
  }

  /** Says it to all other nodes, now or when the store is back. */
  say(message: NodeMessage): void {
    if (this.shared) this.#saying.say(spellNodeMessage(this.#id, message))
  }

  close(): void {
    this.#closed = true
    this.#saying.close()
    this.#options.delivery.wheel.cancel(this.#again)
    this.#connection?.close()
  }

  async #read(): Promise<void> {
    const { wheel } = this.#options.delivery
    try {
      const wire = await this.#open()
      for (let item = await wire.take(); item !== undefined; item = await wire.take()) this.#take(item)
    } catch {
      // The store is away, as is reported elsewhere.
    }
    this.#connection?.close()
    if (!this.#closed) wheel.schedule(this.#again, retryMs)
  }

  async #open(): Promise<LocalWire> {
    const { delivery } = this.#options
    const opening = await delivery.open(channel, this.#position)
    if (this.#closed) {
      opening.release()
      throw new AnywireError('draining', 'The hub is closed.')
    }
    const { wire, connection } = localConnection(delivery, nodesTransport)
    connection.listen({
      gap(_subscription, gap) {
        wire.put(gap)
        return true
      },
    })
    this.#connection = connection
    if (opening.position !== undefined) this.#position = parsePosition(opening.position)
    opening.start(connection, local)
    return wire
  }

  #take(item: LocalItem): void {
    if (!('messages' in item)) {
      this.#position = parsePosition(item.to)
      const sentence = `Messages of other nodes in "${channel}" are lost (${item.reason}): disconnect again who must be.`
      return void this.#options.report(new AnywireError('internal', sentence))
    }
    for (const { offset, data } of item.messages) {
      this.#position = parsePosition(offset)
      const message = readNodeMessage(this.#id, data)
      if (message === 'own') continue
      if ('why' in message) this.#tell(message.why)
      else this.#options.hear(message)
    }
  }

  #tell(sentence: string): void {
    if (this.#told.has(sentence)) return
    this.#told.add(sentence)
    this.#options.report(new AnywireError('internal', sentence))
  }
}
