/** An event stream at `/sse`: a JSON message every second. */

/** @param {import('anywire').Hub} hub */
export function sse(hub) {
  const feed = hub.channel('feed')
  let count = 0
  setInterval(() => feed.publish({ message: `Message ${++count}` }).catch(console.error), 1000)

  /** @type {import('node:http').RequestListener} */
  return (request, response) => {
    request.headers.accept = 'text/event-stream' // whatever the client says it takes: curl names nothing
    // The tutorial's page asks with its cookies. The hub allows that to listed origins only; nothing here is secret.
    if (request.headers.origin) response.setHeader('access-control-allow-credentials', 'true')
    feed.handle(request, response)
  }
}
