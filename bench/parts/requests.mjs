/** What one HTTP request costs the server, by form, in rounds that take turns. */
import { setTimeout as wait } from 'node:timers/promises'
import { Asker } from '../load/asker.mjs'
import { awake } from '../load/awake.mjs'
import { Crowd } from '../load/crowd.mjs'
import { pollOf, readerOf } from '../load/forms.mjs'
import { chosen, peers } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const keys = ['http', 'request']
/** Rounds that do not count. */
const warmUps = 2
/** Connections that ask at the same time. */
const askers = 16

/** @param {string} path @param {string} body */
const post = (path, body) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const append = post('/channels/written', '{"n":1}')
const seed = post('/channels/read', `[${Array.from({ length: 10 }, (_, n) => `{"n":${n}}`)}]`)

/** Channels with one reader each, on a plain WebSocket. */
const read = Array.from({ length: 1_000 }, (_, n) => `read-${n}`)

/** And with one long poll each. */
const polled = Array.from({ length: 1_000 }, (_, n) => `polled-${n}`)

/** What is asked over connections that stay open. @type {Record<string, string | string[]>} */
const asked = {
  'POST of a message': append,
  'POST of a message to one reader, 1,000 channels in turn': read.map((name) => post(`/channels/${name}`, '{"n":1}')),
  'POST of a message to one long poll, 1,000 channels in turn': polled.map((name) =>
    post(`/channels/${name}`, '{"n":1}'),
  ),
  'POST of a batch, one publish': post('/channels', '{"publish":[{"channel":"written","data":{"n":1}}]}'),
  'GET of a page': 'GET /channels/read?offset=-1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
}
const opened = 'GET that opens an event stream'

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} name
 * @property {number[]} cpuUs of each round
 * @property {() => Promise<number>} measure
 */

/** @param {{ requests: number, streams: number, rounds: number, only?: Set<string>, flags: string[] }} options */
export async function requests({ requests, streams, rounds, only, flags }) {
  /** @type {Map<string, Row[]>} */
  const rows = new Map([...Object.keys(asked), opened].map((form) => [form, []]))
  const servers = []
  /** @type {Crowd[]} */
  const crowds = []
  for (const [key, { name, server: file, args, form: stream }] of chosen(keys, only)) {
    const server = await start(file, { flags, args })
    servers.push(server)
    await once(server, seed)
    const readers = new Crowd()
    for (const name of read) await readers.gather(readerOf(name), server.port, 1)
    for (const name of polled) await readers.gather(pollOf(name), server.port, 1)
    crowds.push(readers)
    const add = (/** @type {string} */ form, /** @type {() => Promise<number>} */ measure) =>
      rows.get(form)?.push({ key, name, cpuUs: [], measure })
    for (const [form, request] of Object.entries(asked)) add(form, () => ask(server, request, askers, requests))
    add(opened, () => open(server, stream, streams))
  }
  for (let round = -warmUps; round < rounds; round++) {
    for (const { measure, cpuUs } of [...rows.values()].flat()) {
      const cpu = await measure()
      if (round >= 0) cpuUs.push(cpu)
    }
  }
  for (const crowd of crowds) crowd.close()
  for (const server of servers) await server.stop()
  const lines = [...rows].flatMap(([form, of]) => of.map((row) => lineOf(form, row, of)))
  const note = `CPU of the whole server process per request: ${requests} requests over ${askers} connections that stay open; an event stream has one of its own, ${streams} are opened. Medians of ${rounds} interleaved rounds, ratios as above.`
  return table('Requests', note, ['request', 'server', 'CPU-µs', `× ${peers.http.name}`, '× before', 'goal'], lines)
}

/** @param {string} form @param {Row} row @param {Row[]} others of the same form */
function lineOf(form, { key, name, cpuUs }, others) {
  const against = (/** @type {string} */ other) => {
    const base = others.find((row) => row.key === other)?.cpuUs
    return base && median(cpuUs.map((cpu, round) => cpu / base[round]))
  }
  const times = against('http')
  const before = against(`${key}-before`)
  const goal = key === 'http' || times === undefined ? '' : goalOf(form, times)
  return [form, name, number(median(cpuUs)), times ? ratio(times) : '', before ? ratio(before) : '', goal]
}

/** @param {string} form @param {number} times of what the bare server takes */
function goalOf(form, times) {
  const most = form === opened ? 1.1 : form.startsWith('POST of a message') ? 1.3 : undefined
  return most === undefined ? '' : verdict(`≤ ${most}×`, times <= most)
}

/** @param {import('../servers/start.mjs').Running} server @param {string} request */
async function once(server, request) {
  const asker = new Asker(server.port)
  await asker.ask(request, 1)
  asker.close()
}

/** @param {import('../servers/start.mjs').Running} server @param {string | string[]} request @param {number} size @param {number} times */
async function ask(server, request, size, times) {
  const crowd = Array.from({ length: size }, () => new Asker(server.port))
  // The connections are there before it counts.
  await Promise.all(crowd.map((asker) => asker.ask(request, 1)))
  const each = Math.ceil(times / size)
  const cpu = await cpuOf(server, () => Promise.all(crowd.map((asker) => asker.ask(request, each))))
  for (const asker of crowd) asker.close()
  return cpu / (each * size)
}

/** @param {import('../servers/start.mjs').Running} server @param {import('../load/crowd.mjs').Form} form @param {number} size */
async function open(server, form, size) {
  const crowd = new Crowd()
  const cpu = await cpuOf(server, () => crowd.gather(form, server.port, size))
  crowd.close()
  await wait(300)
  return cpu / size
}

/** @param {import('../servers/start.mjs').Running} server @param {() => Promise<unknown>} work */
async function cpuOf(server, work) {
  const before = await server.ask('cpu')
  await awake(work)
  return (await server.ask('cpu')) - before
}
