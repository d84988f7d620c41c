/** A deploy: three nodes over Redis behind HAProxy are replaced one by one, while thousands read and some publish. */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { number, table } from '../table.mjs'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const followers = fileURLToPath(new URL('../load/followers.mjs', import.meta.url))
const ports = { redis: 17_600, front: 17_601, nodes: [17_611, 17_612, 17_613] }
const adminOf = (/** @type {number} */ port) => port + 100
const channels = 100
const acceptsPerSecond = 300

/** How nodes are told to leave, and how they let clients in. */
const ways = {
  drained: [
    '--drain-lame-ms',
    '2000',
    '--drain-grace-ms',
    '20000',
    '--limits-accepts-per-second',
    `${acceptsPerSecond}`,
  ],
  'not drained': ['--drain-lame-ms', '0', '--drain-grace-ms', '0'],
}

/** @param {{ streams: number, polls: number, clients: number, perSecond: number }} load */
export async function rolling(load) {
  const rows = []
  for (const [name, args] of Object.entries(ways)) rows.push([name, ...(await deploy(load, args))])
  const readers = load.streams + load.polls + load.clients
  const note =
    `${readers} readers (${load.streams} event streams, ${load.polls} long polls, ${load.clients} clients of Anywire), ` +
    `${load.perSecond} messages a second in ${channels} channels. "Not drained": SIGTERM without a time for it, and nodes ` +
    `that let everybody in. Drained nodes let ${acceptsPerSecond} a second in, with a burst of as many: a bucket of ${acceptsPerSecond}.`
  const heads = [
    'deploy',
    'received',
    'lost',
    'twice',
    'delay p50 ms',
    'p99 ms',
    'longest ms',
    'most accepts in a second',
    'fullest bucket',
    'took s',
  ]
  return table('A rolling deploy of three nodes over Redis', note, heads, rows)
}

/** @param {{ streams: number, polls: number, clients: number, perSecond: number }} load @param {readonly string[]} args */
async function deploy(load, args) {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-rolling-'))
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const running = new Set()
  const start = (/** @type {string} */ program, /** @type {readonly string[]} */ given) => {
    const child = spawn(program, given, { stdio: ['ignore', 'ignore', 'inherit'] })
    running.add(child)
    child.once('exit', () => running.delete(child))
    return child
  }
  const node = async (/** @type {number} */ port) => {
    const store = `redis://127.0.0.1:${ports.redis}`
    const where = ['--port', `${port}`, '--admin', `127.0.0.1:${adminOf(port)}`, '--store', store, '--trust-proxy']
    const child = start(process.execPath, [main, 'serve', ...where, ...args])
    while (!(await isReady(port))) await wait(50)
    return child
  }
  try {
    const redisArgs = [
      '--port',
      `${ports.redis}`,
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
      '--bind',
      '127.0.0.1',
    ]
    start('redis-server', redisArgs)
    await wait(500)
    const nodes = await Promise.all(ports.nodes.map(node))
    writeFileSync(join(folder, 'haproxy.cfg'), balancer())
    start('haproxy', ['-q', '-f', join(folder, 'haproxy.cfg')])
    await wait(1_000)
    const mount = `http://127.0.0.1:${ports.front}/channels`
    const child = fork(followers)
    running.add(child)
    child.send({ mount, channels, ...load })
    const all = load.streams + load.polls + load.clients
    const accepts = watchAccepts()
    for (let tries = 0; tries < 1_200 && (await connected()) < 0.98 * all; tries++) await wait(100)
    accepts.begin()
    const publishing = publish(mount, load.perSecond)
    await wait(3_000)
    const began = Date.now()
    for (const [at, port] of ports.nodes.entries()) {
      const leaving = nodes[at]
      leaving.kill('SIGTERM')
      await once(leaving, 'exit')
      nodes[at] = await node(port)
      // Who was told to come back later has done so.
      for (let tries = 0; tries < 300 && (await connected()) < 0.98 * all; tries++) await wait(100)
    }
    const took = (Date.now() - began) / 1_000
    await wait(3_000)
    const published = await publishing.stop()
    await wait(5_000)
    child.send({ report: true })
    const [seen] = /** @type {[{ delays: number[], received: number, lost: number, twice: number }]} */ (
      await once(child, 'message')
    )
    const sorted = seen.delays.toSorted((a, b) => a - b)
    const at = (/** @type {number} */ share) =>
      number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])
    console.error(`published ${published}, connected ${await connected()}`)
    const counts = [seen.received, seen.lost, seen.twice].map(String)
    return [...counts, at(0.5), at(0.99), at(1), number(accepts.most()), number(accepts.fullest()), number(took)]
  } finally {
    for (const child of running) child.kill('SIGKILL')
    await wait(500)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {number} port */
const isReady = (port) =>
  fetch(`http://127.0.0.1:${adminOf(port)}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  )

/** The value of a family of one node, added up over its labels. @param {number} port @param {string} family */
async function familyOf(port, family) {
  try {
    const text = await (await fetch(`http://127.0.0.1:${adminOf(port)}/metrics`)).text()
    const lines = text.matchAll(new RegExp(`^${family}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))
    return Array.from(lines, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0)
  } catch {
    return 0
  }
}

async function connected() {
  const counts = await Promise.all(ports.nodes.map((port) => familyOf(port, 'anywire_connections')))
  return counts.reduce((sum, value) => sum + value, 0)
}

/**
 * How many streams and WebSockets a node lets in: in a second at most, and how full the bucket of one that paces was at
 * most, which holds a second's worth. Polls come all the time.
 */
function watchAccepts() {
  let most = 0
  let fullest = 0
  const family = 'anywire_connections_opened_total\\{transport="(?!long-poll|poll)[^"]*"\\}'
  return {
    begin() {
      for (const port of ports.nodes) {
        let before = Number.NaN
        let bucket = 0
        let at = performance.now()
        const look = async () => {
          const now = await familyOf(port, family)
          const seconds = (performance.now() - at) / 1_000
          at = performance.now()
          const came = now >= before ? now - before : 0
          most = Math.max(most, came / seconds)
          bucket = Math.max(0, bucket + came - seconds * acceptsPerSecond)
          fullest = Math.max(fullest, bucket)
          before = now
        }
        setInterval(() => void look(), 1_000).unref()
      }
    },
    most: () => most,
    fullest: () => fullest,
  }
}

/** Publishes at a steady rate, each channel in order, each message until it is taken. @param {string} mount @param {number} perSecond */
function publish(mount, perSecond) {
  const agent = new Agent({ keepAlive: true, maxSockets: channels })
  let going = true
  let taken = 0
  const lanes = Array.from({ length: channels }, async (_, lane) => {
    const everyMs = (1_000 * channels) / perSecond
    await wait((lane * everyMs) / channels)
    for (let n = 0; going; n++) {
      const due = performance.now() + everyMs
      const body = JSON.stringify({ n, at: Date.now(), text: 'x'.repeat(100) })
      while (!(await post(`${mount}/rolling/${lane}`, agent, `lane-${lane}`, n, body))) await wait(50)
      taken++
      await wait(Math.max(0, due - performance.now()))
    }
  })
  return {
    async stop() {
      going = false
      await Promise.all(lanes)
      agent.destroy()
      return taken
    },
  }
}

/** @param {string} url @param {Agent} agent @param {string} producer @param {number} seq @param {string} body @returns {Promise<boolean>} */
function post(url, agent, producer, seq, body) {
  const headers = {
    'content-type': 'application/json',
    'producer-id': producer,
    'producer-epoch': 0,
    'producer-seq': seq,
  }
  return new Promise((done) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('error', () => undefined)
      done(response.statusCode === 200 || response.statusCode === 204)
    })
    asked.on('error', () => done(false)).end(body)
  })
}

/** HAProxy asks each node whether it is ready. */
function balancer() {
  const servers = ports.nodes.map(
    (port) => `  server n${port} 127.0.0.1:${port} check port ${adminOf(port)} inter 500ms fall 1 rise 1`,
  )
  return `global
  maxconn 9000
defaults
  mode http
  option http-no-delay
  timeout connect 2s
  timeout http-request 10s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h
  timeout check 5s
frontend front
  bind 127.0.0.1:${ports.front}
  default_backend anywire
backend anywire
  balance leastconn
  option httpchk GET /readyz
  option redispatch 1
  retries 3
  http-request set-header X-Forwarded-For 127.0.0.1
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto http
${servers.join('\n')}
`
}
