/** Notifications: each visitor has a channel that only they read, and one that says what of it has been read. */
import { AnywireError, type Hub, type Incoming, type RuleContext } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import { everybody } from './people.js'
import type { Scenario } from './scenario.js'

export interface Notice {
  readonly title: string
  readonly text: string
  /** The page that it is about. */
  readonly href: string
  readonly at: number
}

/** This notice has been read; with `all`, every older one too. Marks only add up, in whatever order they come. */
export interface Mark {
  readonly offset: string
  readonly all: boolean
}

/** To oneself, in a while; or to somebody who is here. */
export type Order =
  | { readonly afterMs: number }
  /** `from` is the name of who sends it: it is known here only a moment after they have come. */
  | { readonly to: string; readonly from: string; readonly text: string }

let hub: Hub | undefined

/** Whoever has no cookie is a guest among guests: they have nothing to themselves. */
const own = ({ params, principal }: RuleContext) => principal.id !== 'guest' && principal.id === params.visitor

export const notifications: Scenario = {
  page: 'notifications',
  rules: {
    'notices/:visitor': { subscribe: own, publish: false, retain: { messages: 200 } },
    'marks/:visitor': {
      subscribe: own,
      publish: own,
      keys: true,
      maxKeys: 400,
      retain: { messages: 200 },
      receive: mark,
    },
    // Stored although nobody reads it: an order that is sent again, its answer lost, is known then.
    notify: { subscribe: false, retain: { messages: 100 }, receive: order },
  },

  start(of) {
    hub = of
    return () => undefined
  },
}

export function notify(visitor: string, title: string, text: string, href: string) {
  const notice: Notice = { title, text, href, at: Date.now() }
  hub?.publish(`notices/${visitor}`, notice).catch(console.error)
}

function mark(message: Incoming) {
  const { offset, all } = fieldsOf(message)
  const made: Mark = { offset: textOf(offset, 'offset', 40), all: all === true }
  message.data = made
  message.key = `${made.all ? 'all' : 'one'} ${made.offset}`
}

async function order(message: Incoming, { principal: { id } }: RuleContext) {
  const { afterMs, to, from, text } = fieldsOf(message)
  if (typeof afterMs === 'number' && afterMs >= 0 && afterMs <= 60_000) {
    const said = `Asked for at ${new Date().toLocaleTimeString('en-GB')}, to come ${afterMs / 1000} s later.`
    setTimeout(notify, afterMs, id, 'To yourself', said, '/notifications')
    return
  }
  const [title, said] = [`From ${textOf(from, 'from', 30)}`, textOf(text, 'text', 140)]
  const here = await everybody()
  if (!here.some((person) => person.id === to)) throw new AnywireError('rejected', 'They are no longer here.')
  notify(String(to), title, said, '/notifications')
}
