/** Ours, with its defaults. */
import { Core } from '../../../dist/client/core.js'

/** @type {import('../trial.mjs').Open} */
export function anywire(origin, hear, fail) {
  const core = new Core({ url: `${origin}/channels`, transports: ['websocket', 'stream', 'poll'] })
  const say = core.attach({
    send(message) {
      if (message.type === 'token') say({ type: 'token' })
      if (message.type === 'ended') fail(message.error?.message)
      if (message.type !== 'items') return
      say({ type: 'consumed', id: message.id, count: message.items.length })
      for (const item of message.items) if (item.kind === 'message') hear(/** @type {number} */ (item.data))
    },
  })
  say({
    type: 'subscribe',
    wishes: [{ id: 1, channel: /** @type {any} */ ('recovery'), offset: 'now', slow: 'catch-up' }],
  })
  return () => core.close()
}
