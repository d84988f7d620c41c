/** Who is where: each place has a channel with a key for each person, who says every few seconds that they are still there. */
import type { Incoming, RuleContext } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import type { Scenario } from './scenario.js'

export interface Person {
  readonly id: string
  readonly name: string
  readonly typing: boolean
  /** The offset up to which this person has read; empty before that. */
  readonly read: string
}

/** The rooms of the chat, and the playground as a whole. */
const places = new Set(['lobby', 'workshop', 'kitchen', 'reading', 'playground'])
const awayMs = 9000
/** Each person, and when they were last heard of, by channel. */
const heard = new Map<string, Map<string, { readonly person: Person; readonly at: number }>>()

export const people: Scenario = {
  rules: {
    // One key for each person: a snapshot is everybody who is there.
    'people/:place': {
      keys: true,
      maxKeys: 500,
      retain: { messages: 100 },
      publish: ({ params }) => places.has(params.place ?? ''),
      receive: see,
    },
  },

  start(hub) {
    // A page that ends without a word stops saying that it is there: then the server says that it left.
    const sweep = setInterval(() => {
      for (const [channel, there] of heard) {
        for (const [id, { at }] of there) {
          if (Date.now() - at < awayMs || !there.delete(id)) continue
          hub.publish(channel, undefined, { key: id }).catch(console.error)
        }
      }
    }, 1000)
    return () => clearInterval(sweep)
  },
}

/** Everybody who has a page of the playground open. */
export const everybody = (): Person[] => [...(heard.get('people/playground')?.values() ?? [])].map((one) => one.person)

function see(message: Incoming, { channel, principal: { id } }: RuleContext) {
  const there = heard.get(channel) ?? new Map()
  heard.set(channel, there)
  message.key = id
  if (message.data === undefined) return there.delete(id)
  const { name, typing, read } = fieldsOf(message)
  const person = {
    id,
    name: textOf(name, 'name', 30),
    typing: typing === true,
    read: typeof read === 'string' ? read.slice(0, 40) : '',
  }
  message.data = person satisfies Person
  there.set(id, { person, at: Date.now() })
}
