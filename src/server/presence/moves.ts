/** What nodes say of their connections of members of whom the roster says otherwise: readers of it are told nothing. */
import { movedPrefix } from '../../core/presence/options.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { NewMessage } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { KeyedView } from '../keyed-view.js'
import { logKey } from '../log-key.js'
import type { LeasesContext } from './leases.js'
import { type Nodes, readValue } from './member.js'

export interface MovesOptions {
  readonly context: LeasesContext
  /** The channel whose readers it tells of. */
  readonly channel: ChannelName
  /** This node. */
  readonly me: string
  /** What is said of a member changes, by what is called. */
  readonly changing: (member: string, change: () => void) => void
  /** All that was said has been read again, without telling of each change. */
  readonly anew: () => void
}

/** One message: each node writes its own alone. */
type Said = readonly [node: string, member: string, connections: number]

export class Moves {
  readonly #options: MovesOptions
  readonly #name: ChannelName
  readonly #view: KeyedView
  readonly #byKey = new Map<string, Said>()
  readonly #byMember = new Map<string, Record<string, number>>()
  /** It is being read again: what was known before is void. At first, nothing was known, and the roster was right. */
  #isAgain = false
  #wasRead = false

  constructor(options: MovesOptions) {
    const { context, channel } = options
    this.#options = options
    this.#name = movedPrefix + channel
    this.#view = new KeyedView({
      context,
      channel: this.#name,
      events: {
        cleared: () => this.#cleared(),
        changed: (message) => this.#heard(message),
        settled: () => this.#settled(),
      },
    })
  }

  /** What nodes say of a member's connections there; of others the roster is right. */
  of(member: string): Nodes {
    return this.#byMember.get(member) ?? none
  }

  /** Nodes that have said something. */
  nodes(): ReadonlySet<string> {
    return new Set([...this.#byKey.values()].map(([node]) => node))
  }

  /** Members of whom such nodes have said something. */
  membersOf(isMeant: (node: string) => boolean): string[] {
    return [...this.#byKey.values()].filter(([node]) => isMeant(node)).map(([, member]) => member)
  }

  /** Everything that was said is known. */
  get whole(): boolean {
    return this.#view.whole
  }

  /** Resolves when it is known what was said; rejects if the store cannot be asked. */
  open(): Promise<void> {
    return this.#view.open()
  }

  /** Rejects if the store cannot be asked. */
  refresh(): Promise<void> {
    return this.#view.refresh()
  }

  /**
   * Says how many connections members have here; undefined: what the roster says.
   * @throws AnywireError if the store does not take it
   */
  async say(connections: ReadonlyMap<string, number | undefined>): Promise<void> {
    const { me } = this.#options
    const said = [...connections].map(([member, count]) => [[me, member, count ?? 0], count !== undefined] as const)
    await this.#write(said.map(([one, holds]) => messageOf(one, holds)))
    for (const [one, holds] of said) this.#set(one, holds)
  }

  /** Takes away what such nodes said. @throws as `say` */
  async forget(isMeant: (node: string) => boolean): Promise<void> {
    const meant = [...this.#byKey.values()].filter(([node]) => isMeant(node))
    for (let first = 0; first < meant.length; first += atOnce) {
      const some = meant.slice(first, first + atOnce)
      await this.#write(some.map((one) => messageOf(one, false)))
      for (const one of some) this.#set(one, false)
    }
  }

  close(): void {
    this.#view.close()
  }

  async #write(messages: readonly NewMessage[]): Promise<void> {
    const { publisher, limits } = this.#options.context
    const body = new BytesBody(messages, limits)
    const outcome = await publisher.publish({ channel: this.#name, body, create: true, lane: this })
    const error = toError(outcome, this.#name)
    if (error) throw error
  }

  #cleared(): void {
    this.#byKey.clear()
    this.#byMember.clear()
    this.#isAgain = this.#wasRead
  }

  #heard(message: Message): void {
    const said = readSaid(message) ?? this.#byKey.get(message.key ?? '')
    if (!said) return
    const change = () => this.#set(said, message.data !== undefined)
    if (this.#isAgain) change()
    else this.#options.changing(said[1], change)
  }

  #settled(): void {
    if (this.#isAgain) this.#options.anew()
    this.#isAgain = false
    this.#wasRead = true
  }

  #set(said: Said, holds: boolean): void {
    const [node, member, count] = said
    const known = this.#byMember.get(member) ?? {}
    if (holds) {
      this.#byKey.set(keyOf(said), said)
      this.#byMember.set(member, { ...known, [node]: count })
      return
    }
    this.#byKey.delete(keyOf(said))
    const { [node]: _, ...left } = known
    if (Object.keys(left).length > 0) this.#byMember.set(member, left)
    else this.#byMember.delete(member)
  }
}

const none: Nodes = {}

/** Messages of one append. */
const atOnce = 500

const keyOf = ([node, member]: Said) => logKey(`${node} ${member}`)

function messageOf(said: Said, holds: boolean): NewMessage {
  return { key: keyOf(said), data: holds ? Buffer.from(JSON.stringify(said)) : undefined }
}

function readSaid(message: Message): Said | undefined {
  const value = readValue(message)
  return Array.isArray(value) && value.length === 3 ? (value as unknown as Said) : undefined
}
