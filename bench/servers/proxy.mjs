/** Starts nginx or Varnish by a sample of `examples/proxies`, with its port and folders replaced. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** @typedef {{ folder: string, port: number, upstream: number, changes: Record<string, string> }} Place */

/** @type {Record<string, (place: Place) => string[]>} */
const commands = {
  nginx({ folder, port, upstream, changes }) {
    const config = sample('nginx/cached.conf', {
      'listen 80;': `listen 127.0.0.1:${port};`,
      '127.0.0.1:8080;': `127.0.0.1:${upstream};`,
      '/var/cache/nginx': folder,
      'http {': `http { access_log off; ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}`,
      ...changes,
    })
    const file = written(folder, config)
    return ['nginx', '-c', file, '-g', `daemon off; user root; pid ${folder}/pid; error_log ${folder}/log;`]
  },
  varnish({ folder, port, upstream }) {
    const file = written(folder, sample('varnish/anywire.vcl', { '"8080"': `"${upstream}"` }))
    const own = ['-F', '-n', folder, '-j', 'none', '-T', 'none', '-s', 'malloc,64m']
    return ['varnishd', ...own, '-a', `127.0.0.1:${port}`, '-f', file]
  },
}

/**
 * @param {string} name @param {number} upstream port on the loopback
 * @param {Record<string, string>} [changes] of nginx's sample
 * @returns {Promise<{ port: number, stop: () => Promise<void> }>}
 */
export async function startProxy(name, upstream, changes = {}) {
  const folder = mkdtempSync(join(tmpdir(), `anywire-bench-${name}-`))
  const port = await freePort()
  const [file, ...args] = commands[name]({ folder, port, upstream, changes })
  const child = spawn(file, args, { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  const closed = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    await closed
    rmSync(folder, { recursive: true, force: true })
  }
  for (let time = 0; time < 200; time++) {
    if (await answers(port)) return { port, stop }
    await wait(50)
  }
  await stop()
  throw new Error(`${name} did not start: is it installed? scripts/setup sees to it.`)
}

/** @param {string} path @param {Record<string, string>} changes */
function sample(path, changes) {
  const text = readFileSync(new URL(`../../examples/proxies/${path}`, import.meta.url), 'utf8')
  return Object.entries(changes).reduce((config, [from, to]) => config.replaceAll(from, to), text)
}

/** @param {string} folder @param {string} text */
function written(folder, text) {
  const file = join(folder, 'config')
  writeFileSync(file, text)
  return file
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** @param {number} port */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
