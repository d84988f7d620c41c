/** Ours, with its defaults. */
import { connect } from 'anywire/client'

/** @type {import('../trial.mjs').Open} */
export function anywire(origin, hear, fail) {
  const client = connect(`${origin}/channels`)
  const subscription = client.subscribe('recovery', { from: 'now' }, (item) => {
    if (item.kind === 'message') hear(/** @type {number} */ (item.data))
  })
  subscription.closed.catch(fail)
  return () => client.close()
}
