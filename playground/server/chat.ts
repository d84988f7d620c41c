/** Chat: rooms that keep what was said, and who is in them. */
import type { Incoming, RuleContext } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import type { Scenario } from './scenario.js'

export interface ChatMessage {
  /** Given by the page that said it: it knows its own by that. */
  readonly id: string
  readonly from: string
  readonly name: string
  readonly text: string
  readonly at: number
}

export interface Person {
  readonly id: string
  readonly name: string
  readonly typing: boolean
  /** The offset up to which this person has read; empty before that. */
  readonly read: string
}

const rooms = new Set(['lobby', 'workshop', 'kitchen', 'reading'])
const awayMs = 9000
/** When each person was last heard of, by channel. */
const heard = new Map<string, Map<string, number>>()

const known = ({ params }: RuleContext) => rooms.has(params.room ?? '')

export const chat: Scenario = {
  page: 'chat',
  rules: {
    'chat/:room': { retain: { messages: 500 }, publish: known, receive: hear },
    // One key for each person: a snapshot is everybody who is here.
    'people/:room': { keys: true, maxKeys: 500, retain: { messages: 100 }, publish: known, receive: see },
  },

  start(hub) {
    // A page that ends without a word stops saying that it is here: then the server says that it left.
    const sweep = setInterval(() => {
      for (const [channel, people] of heard) {
        for (const [id, at] of people) {
          if (Date.now() - at < awayMs || !people.delete(id)) continue
          hub.publish(channel, undefined, { key: id }).catch(console.error)
        }
      }
    }, 1000)
    return () => clearInterval(sweep)
  },
}

/** Who says it is who `authenticate` has let in; what they are called is their own affair. */
function hear(message: Incoming, { principal }: RuleContext) {
  const said = fieldsOf(message)
  const [id, from] = [textOf(said.id, 'id', 40), principal.id]
  const [name, text] = [textOf(said.name, 'name', 30), textOf(said.text, 'text', 1000)]
  message.data = { id, from, name, text, at: Date.now() } satisfies ChatMessage
}

function see(message: Incoming, { channel, principal }: RuleContext) {
  const people = heard.get(channel) ?? new Map<string, number>()
  heard.set(channel, people)
  const { id } = principal
  message.key = id
  if (message.data === undefined) return people.delete(id)
  const { name, typing, read } = fieldsOf(message)
  message.data = { id, name: textOf(name, 'name', 30), typing: typing === true, read: String(read ?? '').slice(0, 40) }
  people.set(id, Date.now())
}
