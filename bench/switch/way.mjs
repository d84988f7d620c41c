/** What a proxy on the way lets pass: one transport, and no other. */

/** @typedef {'websocket' | 'stream' | 'poll'} Transport */

/** From best to worst, as the client has it. @type {Transport[]} */
export const transports = ['websocket', 'stream', 'poll']

/** What the requests of a transport over POST ask for. */
const accepts = { stream: 'text/event-stream', poll: 'application/json' }

/**
 * Every other transport is refused from here on: a WebSocket by 403, a POST by 502. What is open stays open.
 * @param {import('../recovery/proxy.mjs').Proxy} proxy @param {Transport} passed @returns {() => void} takes back the 502
 */
export function letPass(proxy, passed) {
  proxy.webSockets(passed === 'websocket' ? 'pass' : { refuse: 403 })
  return proxy.status(
    502,
    {},
    {
      times: Number.POSITIVE_INFINITY,
      match: ({ upgrade, headers }) =>
        !upgrade && (passed === 'websocket' || headers.get('accept') !== accepts[passed]),
    },
  )
}
