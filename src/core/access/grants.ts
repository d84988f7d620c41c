/** Grants: what a credential allows, and whether that includes one deed. Pure. */
import type { ChannelName } from '../../protocol/name.js'
import { fits, type Pattern } from '../pattern.js'

export const actions = ['subscribe', 'publish', 'presence', 'manage'] as const

/** What can be granted: reading, publishing, seeing who is there, closing and deleting. */
export type Action = (typeof actions)[number]

/** What a credential allows. A rule's yes counts for its principal only where this says yes too. */
export interface Grants {
  /** Whether the action is granted on the channel; of `publish`, perhaps under some message keys only. */
  allows(action: Action, channel: ChannelName): boolean
  /** Whether messages with this key (undefined: without one) may be published there. */
  allowsKey(channel: ChannelName, key: string | undefined): boolean
  /** They are asked where a rule does without grants, too. @default false */
  readonly strict?: boolean | undefined
}

/** Channels that a grant is about, by pattern or by the beginning of their names. */
export type Topic = { readonly pattern: Pattern } | { readonly prefix: string }

export interface Grant {
  readonly actions: ReadonlySet<Action>
  readonly topics: readonly Topic[]
  /** `publish` is granted under this message key only. @default under any, and without */
  readonly key?: string | undefined
  /** What others are told of who holds it. */
  readonly payload?: unknown
}

export interface GrantListOptions {
  /** Each adds to the others. */
  readonly grants: readonly Grant[]
  /** Of these, only the first counts that is about a channel, as Centrifugo reads its `caps`. @default none */
  readonly ordered?: readonly Grant[] | undefined
  /** @default false */
  readonly strict?: boolean | undefined
}

/** Grants only add: there is none that takes away. */
export class GrantList implements Grants {
  readonly #grants: readonly Grant[]
  readonly #ordered: readonly Grant[]
  readonly strict: boolean

  constructor({ grants, ordered = [], strict = false }: GrantListOptions) {
    this.#grants = grants
    this.#ordered = ordered
    this.strict = strict
  }

  allows(action: Action, channel: ChannelName): boolean {
    return this.#some(channel, (grant) => grant.actions.has(action))
  }

  allowsKey(channel: ChannelName, key: string | undefined): boolean {
    const covers = (grant: Grant) => grant.key === undefined || grant.key === key
    return this.#some(channel, (grant) => grant.actions.has('publish') && covers(grant))
  }

  /** Each grant in a line: its actions, and what they are granted on. */
  describe(): string[] {
    return [...this.#grants, ...this.#ordered]
      .filter((grant) => grant.topics.length > 0)
      .map((grant) => {
        const under = grant.key === undefined ? '' : ` under the key ${JSON.stringify(grant.key)}`
        return `${[...grant.actions].join(', ')}: ${grant.topics.map(spell).join(', ')}${under}`
      })
  }

  #some(channel: ChannelName, test: (grant: Grant) => boolean): boolean {
    const given = channel.split('/')
    if (this.#grants.some((grant) => test(grant) && isAbout(grant, channel, given))) return true
    const first = this.#ordered.find((grant) => isAbout(grant, channel, given))
    return first !== undefined && test(first)
  }
}

function spell(topic: Topic): string {
  if ('prefix' in topic) return `${topic.prefix}…`
  const { segments, rest } = topic.pattern
  return [...segments.map(({ text, any }) => (any ? `:${text}` : text)), ...(rest ? ['*'] : [])].join('/')
}

function isAbout({ topics }: Grant, channel: ChannelName, given: readonly string[]): boolean {
  return topics.some((topic) => ('pattern' in topic ? fits(topic.pattern, given) : begins(topic.prefix, channel)))
}

/** Names that begin with "$" match only prefixes that do. */
function begins(prefix: string, channel: ChannelName): boolean {
  if (channel.startsWith('$') !== prefix.startsWith('$')) return false
  return channel.length > prefix.length && channel.startsWith(prefix)
}
