/** What `--workers 2` costs beside one worker, over one folder on disk: a request, and a delivery to readers of both. */
import { Asker } from '../load/asker.mjs'
import { awake } from '../load/awake.mjs'
import { Crowd } from '../load/crowd.mjs'
import { readerOf } from '../load/forms.mjs'
import { spell } from '../message.mjs'
import { serve } from '../servers/serve.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const goal = 1.15
/** Connections that ask at the same time. */
const askers = 16
/** Milliseconds between messages that are delivered. */
const everyMs = 20
/** Rounds that do not count. */
const warmUps = 1

/** @typedef {{ workers: number, serving: import('../servers/serve.mjs').Serving, crowd: Crowd, asker: Asker, sent: number, cost: Record<string, number[]> }} Running */

/** What is measured, each in microseconds for one. @type {Record<string, (running: Running, options: { requests: number, messages: number }) => Promise<number>>} */
const works = {
  'POST of a message': (running, { requests }) => ask(running, post('/channels/written', '{"n":1}'), requests),
  'the same, twice the connections for two': (running, { requests }) =>
    ask(running, post('/channels/written', '{"n":1}'), requests, askers * running.workers),
  'POST of a message, 1,000 channels in turn': (running, { requests }) => ask(running, many, requests),
  'GET of a page': (running, { requests }) => ask(running, page, requests),
  'delivery over plain WebSocket': deliver,
}

const page = 'GET /channels/read?offset=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n'
const many = Array.from({ length: 1_000 }, (_, n) => post(`/channels/written-${n}`, '{"n":1}'))

/** @param {string} path @param {string} body */
function post(path, body) {
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`
  return `${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** @param {{ requests: number, messages: number, subscribers: number, rounds: number, flags: string[] }} options */
export async function workers({ requests, messages, subscribers, rounds, flags }) {
  const running = []
  for (const count of [1, 2]) running.push(await begin(count, subscribers, flags))
  for (let round = -warmUps; round < rounds; round++)
    for (const [work, measure] of Object.entries(works))
      for (const one of running) {
        const cost = await measure(one, { requests, messages })
        if (round >= 0) one.cost[work].push(cost)
      }
  for (const { crowd, asker, serving } of running) {
    crowd.close()
    asker.close()
    await serving.stop()
  }
  const [one, two] = running
  const lines = Object.keys(works).map((work) => {
    const times = median(two.cost[work].map((cost, round) => cost / one.cost[work][round]))
    const of = (/** @type {Running} */ { cost }) => number(median(cost[work]))
    return [work, of(one), of(two), ratio(times), verdict(`≤ ${goal}×`, times <= goal)]
  })
  const note = `CPU of all processes of \`anywire serve --store disk:… --workers\`, user and system, lmdb's threads included, for one request or one delivery: ${requests} requests over ${askers} connections that stay open; 1 channel × ${subscribers} readers, a message of 128 bytes every ${everyMs} ms by POST, ${messages} a round. The workers take connections as the kernel gives them. Medians of ${rounds} interleaved rounds, ratios are medians of each round's ratio.`
  return table('Workers', note, ['work', '1 worker: CPU-µs', '2 workers: CPU-µs', '×', 'goal'], lines)
}

/** @param {number} workers @param {number} subscribers @param {string[]} flags @returns {Promise<Running>} */
async function begin(workers, subscribers, flags) {
  const serving = await serve(workers, flags)
  const crowd = new Crowd()
  await crowd.gather(readerOf('bench'), serving.port, subscribers)
  const asker = new Asker(serving.port)
  await asker.ask(post('/channels/read', `[${Array.from({ length: 10 }, (_, n) => `{"n":${n}}`)}]`), 1)
  return {
    workers,
    serving,
    crowd,
    asker,
    sent: 0,
    cost: Object.fromEntries(Object.keys(works).map((work) => [work, []])),
  }
}

/** @param {Running} running @param {string | string[]} request @param {number} times @param {number} [size] */
async function ask({ serving }, request, times, size = askers) {
  const all = Array.from({ length: size }, () => new Asker(serving.port))
  // The connections are there before it counts.
  await Promise.all(all.map((asker) => asker.ask(request, 1)))
  const each = Math.ceil(times / size)
  const cost = await cpuOf(serving, () => Promise.all(all.map((asker) => asker.ask(request, each))))
  for (const asker of all) asker.close()
  return cost / (each * size)
}

/** @param {Running} running @param {{ messages: number }} options */
async function deliver(running, { messages }) {
  const { serving, crowd, asker } = running
  const cost = await cpuOf(serving, async () => {
    const begun = performance.now()
    for (let count = 0; count < messages; count++) {
      await asker.ask(post('/channels/bench', spell(++running.sent)), 1)
      const early = begun + (count + 1) * everyMs - performance.now()
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
    }
    await crowd.reach(running.sent * crowd.readers.length)
  })
  return cost / (messages * crowd.readers.length)
}

/** @param {import('../servers/serve.mjs').Serving} serving @param {() => Promise<unknown>} load */
async function cpuOf(serving, load) {
  const before = serving.cpuUs()
  await awake(load)
  return serving.cpuUs() - before
}
