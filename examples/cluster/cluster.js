/** Three nodes over one Redis, behind a proxy: started, killed and stopped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const anywire = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const patienceMs = 60_000

/**
 * @typedef {'nginx' | 'haproxy'} ProxyName
 * @typedef {object} Ports
 * @property {number} proxy
 * @property {number} redis
 * @property {readonly number[]} nodes three
 * @typedef {object} ClusterOptions
 * @property {ProxyName} [proxy] default: nginx
 * @property {Ports} [ports] default: those in the files of this folder
 * @property {string} [config] module with the options of the hubs
 */

/** @type {Ports} */
export const usualPorts = { proxy: 8080, redis: 6390, nodes: [8081, 8082, 8083] }

/** A program, which can be killed and started again. */
class Started {
  #file
  #args
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  port

  /** @param {string} file @param {readonly string[]} args @param {number} port which it listens on */
  constructor(file, args, port) {
    this.#file = file
    this.#args = args
    this.port = port
  }

  get running() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when it listens. */
  async start() {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
    const child = spawn(this.#file, this.#args, { stdio: 'ignore', env })
    this.#child = child
    child.once('error', () => undefined)
    for (const until = Date.now() + patienceMs; this.running && Date.now() < until; ) {
      if (await listens(this.port)) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (child.pid === undefined) throw new Error(`"${this.#file}" is not installed.`)
    throw new Error(`"${this.#file}" did not begin to listen on port ${this.port}.`)
  }

  /** Resolves when it is gone. @param {NodeJS.Signals} signal */
  async end(signal) {
    if (!this.#child || !this.running) return
    const gone = once(this.#child, 'exit')
    this.#child.kill(signal)
    await gone
  }
}

/** Starts all of it. @param {ClusterOptions} [options] */
export async function startCluster({ proxy = 'nginx', ports = usualPorts, config } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-cluster-'))
  const redis = new Started('redis-server', redisArgs(ports.redis, folder), ports.redis)
  const store = `redis://127.0.0.1:${ports.redis}`
  const nodes = ports.nodes.map((port) => {
    const more = config === undefined ? [] : ['--config', config]
    const args = [anywire, 'serve', '--port', String(port), '--trust-proxy', '--store', store, ...more]
    return new Started(process.execPath, args, port)
  })
  const front = new Started(proxy, proxyArgs(proxy, ports, folder), ports.proxy)
  const stop = async () => {
    await Promise.all([front.end('SIGTERM'), ...nodes.map((node) => node.end('SIGKILL'))])
    await redis.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await redis.start()
    await Promise.all(nodes.map((node) => node.start()))
    await front.start()
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://localhost:${ports.proxy}/channels`, store, nodes, stop }
}

/** @param {number} port @param {string} folder */
function redisArgs(port, folder) {
  const kept = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '']
  return ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...kept]
}

/** Its file with other ports. @param {ProxyName} proxy @param {Ports} ports @param {string} folder */
function proxyArgs(proxy, ports, folder) {
  const file = proxy === 'nginx' ? 'nginx.conf' : 'haproxy.cfg'
  const port = new Map([8080, 8081, 8082, 8083].map((from, at) => [from, [ports.proxy, ...ports.nodes][at]]))
  const text = readFileSync(join(here, file), 'utf8')
  const own = join(folder, file)
  writeFileSync(
    own,
    text.replace(/127\.0\.0\.1:(808\d)/g, (_, from) => `127.0.0.1:${port.get(Number(from))}`),
  )
  return proxy === 'haproxy'
    ? ['-db', '-f', own]
    : ['-p', folder, '-c', own, '-e', join(folder, 'error.log'), '-g', 'daemon off;']
}

/** Whether somebody takes connections there. @param {number} port @returns {Promise<boolean>} */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
