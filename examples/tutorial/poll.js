/** A long poll at `/poll`: every waiting client gets the next message, as one JSON object. */
import { cors } from './cors.js'

/** @param {import('anywire').Hub} hub */
export function poll(hub) {
  const news = hub.channel('news')
  let count = 0
  setInterval(() => news.publish({ message: `News ${++count}` }).catch(console.error), 2000)

  /** @type {import('node:http').RequestListener} */
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    for await (const next of news.subscribe({ from: 'now', signal: gone.signal })) {
      if (next.kind !== 'message') continue
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', ...cors(request) })
      response.end(JSON.stringify(next.data))
      return
    }
  }
}
