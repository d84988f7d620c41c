/** CPU per delivery over TLS and HTTP/2: with one stream to a session, and with fifty, which leave in one write. */

import { forms } from '../load/forms.mjs'
import { Http2Form, TlsForm } from '../load/secure-reader.mjs'
import { Session } from '../load/session.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const path = '/channels/bench'
const get = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`
const many = 50
const h2c = { BENCH_SPEECH: 'h2c' }
/** @param {boolean} tls @param {number} streams */
const ours = (tls, streams) => new Http2Form({ path, streams, tls, until: 'id: ' })
/** @param {number} streams */
const sockets = (streams) => new Http2Form({ path, streams, tls: true, until: '', webSocket: true })
/** @param {number} streams */
const naive = (streams) => new Http2Form({ path: '/', streams, tls: true, until: 'hello\n' })

/**
 * `goal`: at most so many times as dear as bare TLS; `most`: as the row `naive`.
 * @typedef {{ name: string, server: string, form: import('../load/crowd.mjs').Form, env?: Record<string, string>, goal?: number, naive?: string, most?: number }} Row
 */

/** @type {Record<string, Row>} */
const rows = {
  tls: { name: 'bare `tls` loop', server: 'tls', form: new TlsForm(' ', 'hello\n') },
  'naive-one': { name: 'naive HTTP/2, `response.write`, 1 stream a session', server: 'http2', form: naive(1) },
  naive: { name: `the same, ${many}`, server: 'http2', form: naive(many) },
  event: { name: '**Anywire** SSE, HTTP/1.1 without TLS', server: 'anywire', form: forms.anywireSse },
  'event-tls': {
    name: '**Anywire** SSE, HTTP/1.1',
    server: 'anywire-http2',
    form: new TlsForm(get, 'id: '),
    goal: 1.3,
  },
  one: {
    name: '**Anywire** SSE, HTTP/2, 1 stream a session',
    server: 'anywire-http2',
    form: ours(true, 1),
    goal: 1.2,
    naive: 'naive-one',
  },
  many: { name: `the same, ${many}`, server: 'anywire-http2', form: ours(true, many), naive: 'naive', most: 1.2 },
  'socket-many': {
    name: `**Anywire** WebSocket, HTTP/2, ${many} a session`,
    server: 'anywire-http2',
    form: sockets(many),
  },
  'one-h2c': {
    name: '**Anywire** SSE, HTTP/2 without TLS, 1',
    server: 'anywire-http2',
    form: ours(false, 1),
    env: h2c,
  },
  'many-h2c': { name: `the same, ${many}`, server: 'anywire-http2', form: ours(false, many), env: h2c },
}

/** @typedef {{ key: string, row: Row, server: import('../servers/start.mjs').Running, session: Session, measured: import('../load/session.mjs').Measured[] }} Running */

/** @param {{ subscribers: number, rounds: number, pacedMs: number, only?: Set<string>, flags: string[] }} options */
export async function http2({ subscribers, rounds, pacedMs, only, flags }) {
  /** @type {Running[]} */
  const running = []
  for (const [key, row] of Object.entries(rows)) {
    if (only && !only.has(key)) continue
    const server = await start(row.server, { flags, env: row.env })
    const session = await Session.open(server, row.form, subscribers)
    await session.paced(perSecond, 300)
    running.push({ key, row, server, session, measured: [] })
  }
  for (let round = 0; round < rounds; round++)
    for (const { row, session, measured } of running) {
      const failed = (/** @type {Error} */ error) => Promise.reject(new Error(`${row.name}: ${error.message}`))
      measured.push(await session.paced(perSecond, pacedMs).catch(failed))
    }
  for (const { session, server } of running) {
    session.close()
    await server.stop()
  }
  const lines = running.map(({ row, measured }) => {
    const times = (/** @type {string | undefined} */ other) => {
      const base = running.find(({ key }) => key === other)?.measured
      return base && median(measured.map(({ cpuUs }, round) => cpuUs / base[round].cpuUs))
    }
    const [against, naive] = [times('tls'), times(row.naive)]
    const goals = [
      ...(row.goal && against !== undefined ? [verdict(`≤ ${row.goal}× bare TLS`, against <= row.goal)] : []),
      ...(row.most && naive !== undefined ? [verdict(`≤ ${row.most}× naive`, naive <= row.most)] : []),
    ]
    return [
      row.name,
      number(median(measured.map(({ cpuUs }) => cpuUs))),
      ratio(against),
      naive === undefined ? '' : ratio(naive),
      number(median(measured.map(({ p99Ms }) => p99Ms))),
      number(median(measured.map(({ bytes }) => bytes))),
      goals.join('; '),
    ]
  })
  const note = `CPU of the whole server process per delivery, user and system, over TLS 1.3 where nothing else is said. 1 channel × ${subscribers} subscribers, 128-byte messages, ${perSecond} publishes/s; medians of ${rounds} interleaved rounds. p99 and bytes are what the subscriber's program sees, after TLS and HTTP/2.`
  return table('TLS and HTTP/2', note, ['server', 'CPU-µs', '× bare TLS', '× naive', 'p99 ms', 'bytes', 'goal'], lines)
}

const perSecond = 50
