/** What a core tells, over a port that may be unable to clone some of it. */
import { problemOf } from '../item.js'
import type { FromCore } from '../port.js'
import type { Tell, ToPage } from './line.js'

type Items = Extract<FromCore, { type: 'items' }>

/** Posts the message; of what cannot be cloned everything else, and a problem for each item that cannot. Throws nothing. */
export function deliver(post: Tell, message: ToPage): void {
  try {
    post(message)
  } catch (thrown) {
    if (message.type === 'items') deliverParts(post, message, `${thrown}`)
    else if (message.type === 'published') attempt(post, { ...message, reply: undefined })
    else if ('error' in message && message.error) {
      const { code, message: sentence } = message.error
      attempt(post, { ...message, error: { code, message: sentence } })
    }
  }
}

function deliverParts(post: Tell, message: Items, cause: string): void {
  const { items } = message
  const [first] = items
  if (items.length === 1) {
    if (first?.kind === 'message') attempt(post, { ...message, items: [problemOf(first, cause)] })
    return
  }
  const middle = items.length >> 1
  const last = items[middle - 1]!
  deliver(post, { ...message, items: items.slice(0, middle), position: last.kind === 'gap' ? last.to : last.offset })
  deliver(post, { ...message, items: items.slice(middle) })
}

/** A port that takes not even this is closed, and its page is gone or has another. */
function attempt(post: Tell, message: ToPage): void {
  try {
    post(message)
  } catch {}
}
