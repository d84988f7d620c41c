/** An event stream at `/events`, written by hand: first `connected`, then the time every two seconds as plain text. */
import { cors } from './cors.js'

/** @param {import('anywire').Hub} hub */
export function events(hub) {
  const clock = hub.channel('clock')
  let clients = 0
  /** @type {NodeJS.Timeout | undefined} */
  let timer

  /** @type {import('node:http').RequestListener} */
  return async (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...cors(request) })
    response.write('event: connected\ndata: connected\n\n')
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    if (++clients === 1)
      timer = setInterval(() => clock.publish(new Date().toLocaleTimeString()).catch(console.error), 2000)
    try {
      for await (const news of clock.subscribe({ from: 'now', signal: gone.signal })) {
        if (news.kind === 'message') response.write(`data: ${news.data}\n\n`)
      }
    } finally {
      if (--clients === 0) clearInterval(timer)
      response.end()
    }
  }
}
