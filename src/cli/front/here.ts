/** What the page at `/` is told of what runs here, and who may know it. */
import type { IncomingMessage } from 'node:http'
import { checkCredential, checkSource } from '../../admin/guard.js'
import { topChannels } from '../../admin/walk.js'
import type { ServeConfig } from '../../config/schema.js'
import { contextOf, mayRead } from '../../core/rule.js'
import { compileRules, type RuleTable } from '../../core/rule-table.js'
import type { Hub } from '../../index.js'
import { AnywireError, isReserved } from '../../protocol/index.js'
import { numberOf } from '../../protocol/offset.js'
import { localPrincipal } from '../../server/door/door.js'
import { release } from '../../server/release.js'

export interface ChannelHere {
  readonly name: string
  readonly readers: number
  /** That were ever stored in it; absent where that is not known. */
  readonly messages?: number
}

export interface Lists {
  readonly version: string
  /** Such as `memory` or `disk`. */
  readonly store: string
  /** Of this process, as are the channels. */
  readonly connections: number
  /** Those with most readers, among those that everybody here may read. */
  readonly channels: readonly ChannelHere[]
}

export interface Here {
  /** Where the channels are mounted. */
  readonly path: string
  /** Clients are asked who they are. */
  readonly asks: boolean
  /** Absent for those who may not know. */
  readonly lists?: Lists
  /** Why there are none, in a sentence. */
  readonly why?: string
}

/** Channels that are told, and those among which they are looked for. */
const mostTold = 50
const mostAsked = 200

const notForStrangers =
  'This server asks who its clients are, so this page lists no channels and readers. ' +
  'The dashboard does so: start the server with --admin 127.0.0.1:9090.'

export class Surroundings {
  readonly #hub: Hub
  readonly #config: () => ServeConfig
  #rules: { readonly of: object; readonly table: RuleTable } | undefined

  constructor(hub: Hub, config: () => ServeConfig) {
    this.#hub = hub
    this.#config = config
  }

  async tell(request: IncomingMessage): Promise<Here> {
    const { authenticate, jwt, hosts, store = 'memory' } = this.#config()
    const { path } = this.#hub
    if (authenticate || jwt) return { path, asks: true, why: notForStrangers }
    try {
      checkSource(request, { hosts })
      checkCredential(request, {})
    } catch (thrown) {
      return { path, asks: false, why: `${AnywireError.from(thrown).message} So this page lists no channels.` }
    }
    const kind = typeof store === 'string' ? (/^\w+/.exec(store)?.[0] ?? 'memory') : 'of your own'
    const channels = await this.#channels(kind !== 'nats')
    const lists = { version: release(), store: kind, connections: this.#hub.stats().connections, channels }
    return { path, asks: false, lists }
  }

  /** `dense`: the store numbers messages without holes. */
  async #channels(dense: boolean): Promise<ChannelHere[]> {
    const told: ChannelHere[] = []
    for (const { name, readers, head } of await topChannels(this.#hub.inspect().channels(), mostAsked)) {
      if (told.length >= mostTold) break
      if (isReserved(name) || !(await this.#isReadable(name))) continue
      told.push({ name, readers, ...(dense && head !== '' && { messages: numberOf(head) }) })
    }
    return told
  }

  async #isReadable(name: string): Promise<boolean> {
    const given = this.#hub.rules()
    if (this.#rules?.of !== given) this.#rules = { of: given, table: compileRules(given, { create: 'on-use' }) }
    const rule = this.#rules.table.of(name)
    try {
      return await mayRead(rule, contextOf(rule, localPrincipal))
    } catch {
      return false
    }
  }
}
