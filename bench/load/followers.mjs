/**
 * Readers that never give up: of event streams, of long polls, and clients of Anywire. Each reads one channel from
 * where it stands, and compares what comes with what came. Forked by parts/rolling.mjs.
 */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'anywire/client'

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
/** @type {{ delays: number[], received: number, lost: number, twice: number, ended: number }} */
const seen = { delays: [], received: 0, lost: 0, twice: 0, ended: 0 }

/** One reading: what came last, and where it stands. */
class Following {
  last = -1
  /** @type {string | undefined} */
  offset = undefined

  /** @param {{ n: number, at: number }} message */
  take({ n, at }) {
    if (this.last >= 0 && n > this.last + 1) seen.lost += n - this.last - 1
    if (n <= this.last) {
      seen.twice++
      return
    }
    this.last = n
    seen.received++
    seen.delays.push(Date.now() - at)
  }
}

/** @param {string} url */
async function followStream(url) {
  const following = new Following()
  let retryMs = 1_000
  for (;;) {
    /** @type {Promise<void>} */
    const ended = new Promise((done) => {
      const headers = { accept: 'text/event-stream', ...(following.offset && { 'last-event-id': following.offset }) }
      const asked = request(url, { headers, agent: false }, (response) => {
        if (response.statusCode !== 200) retryMs = 1_000 * Number(response.headers['retry-after'] ?? 1)
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (/** @type {string} */ text) => {
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop() ?? ''
          for (const block of blocks) {
            const fields = new Map(block.split('\n').map((line) => /** @type {[string, string]} */ (split(line))))
            const [retry, id, data] = ['retry', 'id', 'data'].map((name) => fields.get(name))
            if (retry) retryMs = Number(retry)
            if (data && !fields.has('event')) following.take(JSON.parse(data))
            if (id) following.offset = id
          }
        })
        response.on('close', done)
        response.on('error', () => undefined)
      })
      asked.on('error', () => done())
      asked.end()
    })
    await ended
    seen.ended++
    await wait(retryMs)
    retryMs = 1_000
  }
}

/** @param {string} line */
function split(line) {
  const at = line.indexOf(':')
  return [line.slice(0, at), line.slice(at + 1).trimStart()]
}

/** @param {string} url */
async function followPolls(url) {
  const following = new Following()
  following.offset = 'now'
  for (;;) {
    /** @type {Promise<number>} */
    const waits = new Promise((done) => {
      const asked = request(`${url}?live=long-poll&offset=${following.offset}`, { agent }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (part) => (text += part))
        response.on('error', () => undefined)
        response.on('close', () => {
          if (!response.complete) return done(100)
          const { statusCode: status, headers } = response
          if (status !== 200 && status !== 204) return done(1_000 * Number(headers['retry-after'] ?? 1))
          if (status === 200) for (const one of JSON.parse(text)) following.take(one)
          following.offset = String(headers['stream-next-offset'] ?? following.offset)
          done(0)
        })
      })
      asked.on('error', () => done(100))
      asked.end()
    })
    await wait(await waits)
  }
}

/** @param {string} mount @param {string} channel */
async function followByClient(mount, channel) {
  const following = new Following()
  for await (const item of connect(mount).subscribe(channel)) {
    if (item.kind === 'message') following.take(/** @type {{ n: number, at: number }} */ (item.data))
    if (item.kind === 'gap') seen.lost++
  }
}

process.on('message', (/** @type {any} */ { mount, channels, streams, polls, clients, report }) => {
  if (report) {
    process.send?.(seen)
    return
  }
  const channelOf = (/** @type {number} */ n) => `rolling/${n % channels}`
  for (let n = 0; n < streams; n++) void wait(n * 2).then(() => followStream(`${mount}/${channelOf(n)}`))
  for (let n = 0; n < polls; n++) void wait(n * 2).then(() => followPolls(`${mount}/${channelOf(n)}`))
  for (let n = 0; n < clients; n++) void wait(n * 4).then(() => followByClient(mount, channelOf(n)))
})
