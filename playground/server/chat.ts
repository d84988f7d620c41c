/** Chat: rooms that keep what was said. Who is in them: `people.ts`. */
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

export const rooms = new Set(['lobby', 'workshop', 'kitchen', 'reading'])
export const chat: Scenario = {
  page: 'chat',
  rules: {
    'chat/:room': { retain: { messages: 500 }, publish: ({ params }) => rooms.has(params.room ?? ''), receive: hear },
  },
}

/** Who says it is who `authenticate` has let in; what they are called is their own affair. */
function hear(message: Incoming, { principal }: RuleContext) {
  const said = fieldsOf(message)
  const [id, from] = [textOf(said.id, 'id', 40), principal.id]
  const [name, text] = [textOf(said.name, 'name', 30), textOf(said.text, 'text', 1000)]
  message.data = { id, from, name, text, at: Date.now() } satisfies ChatMessage
}
