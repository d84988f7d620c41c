/** Posts a core's messages over a port, which may be unable to clone some of them. */
import { problemOf } from '../item.js'
import type { ToPage, ToPagePort } from './line.js'

/**
 * Posts the message; of what cannot be cloned everything else, and a problem for each item that cannot. Throws nothing.
 */
export function deliver(post: ToPagePort, message: ToPage): void {
  try {
    post(message)
  } catch (thrown) {
    if (message.type !== 'items' || message.items.length === 1) return postRest(post, message, `${thrown}`)
    const { items, position } = message
    for (const [i, item] of items.entries()) {
      const standsAt = item.kind === 'gap' ? item.to : item.offset
      deliver(post, { ...message, items: [item], position: items[i + 1] ? standsAt : position })
    }
  }
}

/** A port that takes not even this is closed, and its page is gone or has another. */
function postRest(post: ToPagePort, message: ToPage, cause: string): void {
  try {
    if (message.type === 'items')
      post({
        ...message,
        items: message.items.map((item) => (item.kind === 'message' ? problemOf(item, cause) : item)),
      })
    else if (message.type === 'published') post({ ...message, reply: undefined })
    else if ('error' in message && message.error) {
      const { code, message: sentence } = message.error
      post({ ...message, error: { code, message: sentence } })
    }
  } catch {}
}
