/** Redis servers of the tests: real ones, on free ports of the loopback, stopped by their process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { freePort } from './free-port.js'

export interface RedisServerOptions {
  /** @default a free one */
  readonly port?: number
  /**
   * Written down, so that it lasts: flushed once a second, so that a crash may lose a little, or with each command; or
   * not at all.
   * @default 'everysec'
   */
  readonly kept?: 'everysec' | 'always' | 'no'
  readonly cluster?: boolean
  /** What `ask` says, where `args` require it. */
  readonly password?: string
  /** More of what `redis-server` takes. */
  readonly args?: readonly string[]
}

export class RedisServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'anywire-redis-'))
  readonly #args: readonly string[]
  readonly #password: string | undefined
  #child: ChildProcess | undefined

  private constructor(port: number, { kept = 'everysec', cluster = false, password, args = [] }: RedisServerOptions) {
    this.port = port
    this.#password = password
    const file = kept === 'no' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', kept]
    const clustered = cluster ? ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'] : []
    const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', this.#folder]
    this.#args = [...where, '--save', '', ...file, ...clustered, ...args]
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options.port ?? (await freePort()), options)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it, also again, with what it has kept. */
  async start(): Promise<void> {
    this.#child = spawn('redis-server', this.#args, { stdio: 'ignore' })
    await started(this.#child, this.port)
  }

  /** It does nothing until `thaw`, and its connections stay. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends it as a crash does. What it has kept stays. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Ends it, and takes away what it has kept. */
  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Asks it something. */
  async ask(...args: readonly string[]): Promise<unknown> {
    return ask(this.url, this.#password, args)
  }
}

/** One Sentinel, which is enough to promote a replica. */
export class RedisSentinel {
  readonly #port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'anywire-sentinel-'))
  #child: ChildProcess | undefined

  private constructor(port: number) {
    this.#port = port
  }

  static async start(name: string, master: number): Promise<RedisSentinel> {
    const sentinel = new RedisSentinel(await freePort())
    const lines = [
      ...[`port ${sentinel.#port}`, 'bind 127.0.0.1', `dir ${sentinel.#folder}`],
      `sentinel monitor ${name} 127.0.0.1 ${master} 1`,
      `sentinel down-after-milliseconds ${name} 500`,
      `sentinel failover-timeout ${name} 2000`,
    ]
    const file = join(sentinel.#folder, 'sentinel.conf')
    writeFileSync(file, `${lines.join('\n')}\n`)
    sentinel.#child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
    await started(sentinel.#child, sentinel.#port)
    return sentinel
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  ask(...args: readonly string[]): Promise<unknown> {
    return ask(`redis://${this.address}`, undefined, args)
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Three masters that share all slots. */
export class RedisCluster {
  readonly servers: readonly RedisServer[]

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  static async start(): Promise<RedisCluster> {
    // Nodes of a cluster speak to each other 10,000 ports above: too high for those that programs are given here.
    const first = await freePort(6)
    const servers = await Promise.all(
      [0, 1, 2].map((place) => {
        const args = ['--cluster-port', String(first + 3 + place)]
        return RedisServer.start({ port: first + place, cluster: true, args })
      }),
    )
    const cluster = new RedisCluster(servers)
    for (const [place, server] of servers.entries()) {
      const [from, to] = [Math.ceil((16_384 / 3) * place), Math.ceil((16_384 / 3) * (place + 1)) - 1]
      await server.ask('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
      const other = servers[(place + 1) % 3]!.port
      await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(other), String(other + 3))
    }
    await cluster.whole()
    return cluster
  }

  get url(): string {
    return this.servers[0]!.url
  }

  /** Resolves when every node knows who has which slot. */
  async whole(): Promise<void> {
    for (const server of this.servers) {
      while (!/cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(await server.ask('CLUSTER', 'INFO'))))
        await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}

async function ask(url: string, password: string | undefined, args: readonly string[]): Promise<unknown> {
  const client = createClient({ url, ...(password !== undefined && { password }) })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand([...args])
  } finally {
    client.destroy()
  }
}

async function started(child: ChildProcess, port: number): Promise<void> {
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(String(bytes).startsWith('+PONG') || String(bytes).startsWith('-NOAUTH'))
    })
    socket.once('error', () => resolve(false))
  })
}
