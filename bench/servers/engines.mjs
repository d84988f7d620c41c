/** Engines of stores, each on a free port of the loopback and in a folder of its own, and ended by their pid. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `store`: how the servers of this folder are told of it; `where`: its folder or port. Without a process of its own it
 * has no `pid`.
 * @typedef {{ store: string, where: string, pid?: number, stop: () => Promise<void> }} Engine
 */

/** What the rows are called. */
export const storeNames = { memory: '`memory()`', disk: '`disk()`', redis: '`redis()`', nats: '`nats()`' }

/** @typedef {keyof typeof storeNames} StoreKey */

/** Those that were asked for. @param {Set<string>} [only] */
export function storesOf(only) {
  const keys = /** @type {StoreKey[]} */ (Object.keys(storeNames))
  return keys.filter((key) => !only || only.has(key))
}

/** @type {Record<StoreKey, () => Promise<Engine>>} */
export const engines = {
  memory: async () => ({ store: 'memory', where: '', stop: async () => undefined }),
  async disk() {
    const folder = mkdtempSync(join(tmpdir(), 'anywire-bench-'))
    const stop = async () => rmSync(folder, { recursive: true, force: true })
    return { store: `disk:${folder}`, where: folder, stop }
  },
  /** It writes nothing to the disk. */
  redis: () =>
    started('redis', 'redis-server', (port, folder) => {
      const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder]
      return [...where, '--save', '', '--appendonly', 'no']
    }),
  nats: () =>
    started('nats', 'nats-server', (port, folder) => {
      const file = join(folder, 'server.conf')
      const lines = [`listen: "127.0.0.1:${port}"`, `jetstream { store_dir: "${folder}" }`, 'max_payload: 8MB']
      writeFileSync(file, lines.join('\n'))
      return ['-c', file]
    }),
}

/** @param {string} scheme @param {string} program @param {(port: number, folder: string) => string[]} args @returns {Promise<Engine>} */
async function started(scheme, program, args) {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-bench-'))
  const port = await freePort()
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
  const child = spawn(program, args(port, folder), { stdio: 'ignore', env })
  const exited = once(child, 'exit')
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}.`)
    await sleep(20)
  }
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  return { store: `${scheme}://127.0.0.1:${port}`, where: `${port}`, pid: child.pid, stop }
}

/** @param {number} port @returns {Promise<boolean>} */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
    socket.once('connect', () => resolve(true))
  })
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}
