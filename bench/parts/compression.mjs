/** What compression saves and costs: bytes and CPU per message delivered, with and without, beside `ws` with permessage-deflate. */
import { once } from 'node:events'
import { request as open } from 'node:http'
import { connect } from 'node:net'
import { createGunzip } from 'node:zlib'
import { WebSocket } from 'ws'
import { awake } from '../load/awake.mjs'
import { ByteCrowd } from '../load/byte-crowd.mjs'
import { endMark } from '../load/story.mjs'
import { spell } from '../message.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table } from '../table.mjs'

const offer = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n'
const accept = 'Accept-Encoding: gzip\r\n'
const upgrade = (/** @type {string} */ path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`
const v1 = (more = '') => upgrade('/channels/bench?offset=now', `Sec-WebSocket-Protocol: anywire.v1\r\n${more}`)
const sse = (more = '') => `GET /channels/bench HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n${more}\r\n`

/** @typedef {{ name: string, args: string[], form: { request: string, until: string }, rounds?: number }} Row */
/** @type {Row[]} */
const rows = [
  { name: '`ws`', args: ['ws', 'plain'], form: { request: upgrade('/'), until: '\r\n\r\n' } },
  {
    name: '`ws` with permessage-deflate',
    args: ['ws', 'compressed'],
    form: { request: upgrade('/', offer), until: '\r\n\r\n' },
    rounds: 3,
  },
  { name: '**Anywire** `anywire.v1`', args: ['anywire', 'plain'], form: { request: v1(), until: '"subscribed"' } },
  {
    name: '**Anywire** `anywire.v1`, `compress`',
    args: ['anywire', 'compressed'],
    form: { request: v1(offer), until: '"subscribed"' },
  },
  { name: '**Anywire** SSE', args: ['anywire', 'plain'], form: { request: sse(), until: 'id: ' } },
  {
    name: '**Anywire** SSE, `compress`',
    args: ['anywire', 'compressed'],
    form: { request: sse(accept), until: 'id: ' },
  },
]
const workloads = [
  [128, 1],
  [128, 20],
  [2_048, 1],
  [2_048, 20],
]

/** @param {{ subscribers: number, rounds: number, repeats: number }} options */
export async function compression({ subscribers, rounds, repeats }) {
  /** @type {Map<string, { bytes: number[], cpuUs: number[] }>} */
  const measured = new Map()
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [bytes, batch] of workloads) {
      for (const row of rows) {
        const key = `${row.name} ${bytes} ${batch}`
        const all = measured.get(key) ?? { bytes: [], cpuUs: [] }
        const one = await measure(row, bytes, batch, subscribers, Math.min(rounds, row.rounds ?? rounds))
        all.bytes.push(one.bytes)
        all.cpuUs.push(one.cpuUs)
        measured.set(key, all)
      }
    }
  }
  const lines = rows.map(({ name }) => [
    name,
    ...workloads.flatMap(([bytes, batch]) => {
      const all = measured.get(`${name} ${bytes} ${batch}`)
      return [number(median(all?.bytes ?? [])), number(median(all?.cpuUs ?? []))]
    }),
  ])
  const heads = workloads.flatMap(([bytes, batch]) => {
    const size = bytes < 1_000 ? `${bytes} B` : `${bytes / 1_024} KB`
    return [`${batch} × ${size}: bytes`, 'CPU-µs']
  })
  const note = `Bytes on the wire, and CPU of the whole server process (its threads too), per message delivered to one of ${subscribers} subscribers of one channel: prices as JSON, published one by one or 20 at a time. Medians of ${repeats} runs, a process each, of ${rounds} publishes (\`ws\` with permessage-deflate: 3). One more subscriber of each server inflates and checks every message.`
  return table('Compression', note, ['server', ...heads], lines)
}

/** @param {Row} row @param {number} bytes @param {number} batch @param {number} subscribers @param {number} rounds */
async function measure(row, bytes, batch, subscribers, rounds) {
  const server = await start('compressing', { args: [...row.args, String(bytes), String(batch)] })
  const crowd = await ByteCrowd.gather(server.port, row.form, subscribers)
  const witness = await attend(row, server.port)
  const control = connect({ port: server.control, host: '127.0.0.1', noDelay: true })
  const publish = async (/** @type {number} */ seq) => {
    control.write(spell(seq), 'latin1')
    await once(control, 'data')
  }
  let seq = 0
  const pass = async (/** @type {number} */ count) => {
    for (const last = seq + count; seq < last; ) await publish(++seq)
    const over = crowd.ended()
    await publish(0)
    await over
  }
  await pass(2)
  const before = { bytes: crowd.bytes, cpu: await server.ask('cpu') }
  await awake(() => pass(rounds))
  const cpu = (await server.ask('cpu')) - before.cpu
  const deliveries = rounds * batch * subscribers
  const grown = crowd.bytes - before.bytes
  await witness.check((rounds + 2) * batch)
  control.destroy()
  crowd.close()
  await server.stop()
  return { bytes: grown / deliveries, cpuUs: cpu / deliveries }
}

/** A subscriber that reads what it gets. @param {Row} row @param {number} port */
async function attend({ args: [product, mode], form }, port) {
  let text = ''
  let ends = 0
  /** @type {() => void} */
  let look = () => undefined
  const take = (/** @type {Buffer} */ data) => {
    text += data
    ends = text.split(endMark).length - 1
    look()
  }
  if (form.request.startsWith('GET /channels/bench HTTP')) {
    const headers = { accept: 'text/event-stream', ...(mode === 'compressed' && { 'accept-encoding': 'gzip' }) }
    const asked = open({ port, path: '/channels/bench', headers })
    asked.end()
    const [response] = await once(asked, 'response')
    const body = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip()) : response
    if ((mode === 'compressed') !== (body !== response)) throw new Error('The stream is not coded as it should be.')
    body.on('data', take)
    body.on('error', () => undefined)
  } else {
    const path = product === 'ws' ? '/' : '/channels/bench?offset=now'
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, product === 'ws' ? [] : ['anywire.v1'], {
      perMessageDeflate: mode === 'compressed',
    })
    socket.on('message', take)
    socket.on('error', () => undefined)
    await once(socket, 'open')
    if (product !== 'ws') while (!text.includes('"subscribed"')) await once(socket, 'message')
    if ((socket.extensions !== '') !== (mode === 'compressed')) throw new Error('The extension is not as it should be.')
  }
  return {
    /** @param {number} count */
    async check(count) {
      while (ends < 2) await /** @type {Promise<void>} */ (new Promise((resolve) => (look = resolve)))
      const got = text.match(/"n":\d+/g)?.length ?? 0
      if (got !== count) throw new Error(`A subscriber read ${got} messages instead of ${count}.`)
    },
  }
}
