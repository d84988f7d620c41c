/** Hosts with a network of their own, on one switch: cut off from each other, and joined again. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { freePort } from './free-port.js'

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
const door = fileURLToPath(new URL('./process/host-door.js', import.meta.url))
const unshare = ['unshare', '--map-root-user', '--net'] as const

/** Why there can be no hosts here: a sentence, or undefined where there can. */
export function whyNoHosts(): string | undefined {
  const tries = 'ip link add name one type veth peer name two && ip link add name switch type bridge'
  try {
    execFileSync(unshare[0], [...unshare.slice(1), 'sh', '-c', tries], { env, stdio: 'pipe' })
    return undefined
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string }
    return `Network namespaces cannot be made here: ${String(stderr ?? '').trim() || message}.`
  }
}

/** A namespace of the network. It is gone when the last program in it has ended. */
class Namespace {
  /** What enters it, before a command. */
  readonly enter: readonly string[]
  readonly pid: number

  private constructor(pid: number) {
    this.pid = pid
    this.enter = ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--net']
  }

  /** Held until the test is over, or the process of the tests. */
  static async make(command: readonly string[]): Promise<Namespace> {
    const holder = await started([...command, 'sh', '-c', 'echo held; exec cat'], /held/)
    return new Namespace(holder.pid!)
  }

  async ip(...args: readonly string[]): Promise<void> {
    const [command = '', ...rest] = [...this.enter, 'ip', ...args]
    await promisify(execFile)(command, rest, { env })
  }
}

export class Network {
  readonly #switch: Namespace
  #hosts = 0

  private constructor(own: Namespace) {
    this.#switch = own
  }

  static async make(): Promise<Network> {
    const own = await Namespace.make(unshare)
    await own.ip('link', 'add', 'name', 'switch', 'type', 'bridge')
    await own.ip('link', 'set', 'switch', 'up')
    return new Network(own)
  }

  /** One more, at the switch. */
  async host(): Promise<Host> {
    const space = await Namespace.make([...this.#switch.enter, 'unshare', '--net'])
    const host = new Host(space, ++this.#hosts)
    const peer = ['peer', 'name', 'eth0', 'netns', String(space.pid)]
    await this.#switch.ip('link', 'add', 'name', host.port, 'type', 'veth', ...peer)
    await this.join(host)
    await space.ip('address', 'add', `${host.address}/24`, 'dev', 'eth0')
    await space.ip('link', 'set', 'eth0', 'up')
    await space.ip('link', 'set', 'lo', 'up')
    return host
  }

  /** From now on nothing reaches it or comes from it. `silent`: nobody is told so; otherwise it sees that its line is dead. */
  cut(host: Host, how: 'silent' | 'dead'): Promise<void> {
    return this.#switch.ip('link', 'set', host.port, ...(how === 'silent' ? ['nomaster'] : ['down']))
  }

  join(host: Host): Promise<void> {
    return this.#switch.ip('link', 'set', host.port, 'master', 'switch', 'up')
  }
}

export class Host {
  readonly number: number
  readonly #space: Namespace

  constructor(space: Namespace, number: number) {
    this.#space = space
    this.number = number
  }

  get address(): string {
    return `10.98.0.${this.number}`
  }

  /** Its port at the switch. */
  get port(): string {
    return `host${this.number}`
  }

  /** Starts a program on it, which is ready when it has printed so. It is ended with the test. */
  start(command: readonly string[], ready: RegExp): Promise<ChildProcess> {
    return started([...this.#space.enter, ...command], ready)
  }

  /** A port of this machine that leads to what the host reaches at an address. */
  async door(address: string, port: number): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'anywire-host-'))
    const file = join(folder, 'door')
    await this.start([process.execPath, door, file, address, String(port)], /open/)
    const server = createServer((socket) => {
      pipeline(socket, connect(file), socket, () => undefined)
    })
    const own = await freePort()
    server.listen(own, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
      rmSync(folder, { recursive: true, force: true })
    })
    return own
  }
}

async function started([command = '', ...args]: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let printed = ''
  const told = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes) => {
        printed += bytes
        if (ready.test(printed)) resolve()
      })
  })
  const over = once(child, 'exit').then(([code]) => {
    throw new Error(`"${command} ${args.join(' ')}" ended with ${code}: ${printed}`)
  })
  await Promise.race([told, over])
  over.catch(() => undefined)
  return child
}
