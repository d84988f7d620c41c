/** Between the processes that use one folder: who may, and wake-ups for what another has written. One leads. */
import cluster from 'node:cluster'
import { createHash } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Wake } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import { clear, clearBeside, dial, fileAt, type LocalServer, listenAt } from './bus-socket.js'
import { linesOf } from './lines.js'

type BusLine =
  /** The first of a member, and what the leader answers. */
  | { readonly hello: BusHello }
  | { readonly welcome: true }
  | { readonly refused: string }
  /** Channels that were written. */
  | { readonly written: readonly string[] }
  /** Some of that could not be told. */
  | { readonly lost: true }

interface BusHello {
  readonly shared: boolean
  /** The workers of one cluster have the same. */
  readonly family: string
}

/** A process that takes nothing has so much waiting for it at most; then it is told that it has missed something. */
const maxWaiting = 1_048_576
/** A socket's path has 103 to 107 bytes at most, and files are made beside it whose names are up to 12 longer. */
const maxPath = 90
const rejoinMs = 100
/** How often one that leads looks whether it still does. */
const lookMs = 1_000
/** How long the process that leads may take to admit another. */
const answerMs = 5_000
const unanswered = 'The process that uses the folder does not answer.'

const family = () => (cluster.isWorker ? `cluster ${process.ppid}` : `process ${process.pid}`)

/** @throws AnywireError `bad-request` for a folder that another program uses, or that no socket can be made for. */
export async function joinBus(path: string, shared: boolean): Promise<Bus> {
  const bus = new Bus(addressOf(path), { shared, family: family() })
  try {
    await bus.join()
    return bus
  } catch (cause) {
    bus.close()
    if (cause instanceof AnywireError) throw cause
    throw new AnywireError('bad-request', `The folder "${path}" cannot be used: ${cause}`, { cause })
  }
}

function addressOf(path: string): string {
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 32)
  if (process.platform === 'win32') return `\\\\.\\pipe\\anywire-${hash}`
  const inFolder = join(path, 'bus.sock')
  return Buffer.byteLength(inFolder) <= maxPath ? inFolder : join(tmpdir(), `anywire-${hash}.sock`)
}

export class Bus {
  readonly #address: string
  readonly #hello: BusHello
  #heard: (wake: Wake) => void = () => undefined
  /** Set while this one leads. */
  #server: Server | undefined
  /** Those that follow this one, or the one that leads. */
  readonly #others = new Set<Socket>()
  /** Those that have to be told that something was lost. */
  readonly #behind = new WeakSet<Socket>()
  #written = new Set<string>()
  #closed = false

  constructor(address: string, hello: BusHello) {
    this.#address = address
    this.#hello = hello
  }

  /** Tells what other processes have written, or that something may be missing. */
  listen(heard: (wake: Wake) => void): void {
    this.#heard = heard
  }

  tell(wake: Wake): void {
    if (wake.kind === 'discontinuity' || this.#others.size === 0) return
    // One line for all that a turn has written.
    if (this.#written.size === 0) setImmediate(() => this.#send())
    this.#written.add(wake.channel)
  }

  close(): void {
    this.#closed = true
    this.#server?.close()
    for (const socket of this.#others) socket.destroy()
  }

  /**
   * Follows who leads, or leads.
   * @throws AnywireError `bad-request` for a folder that another program uses; Error where no socket can be made.
   */
  async join(): Promise<void> {
    const until = performance.now() + answerMs
    while (!this.#closed) {
      const { socket, dead } = await dial(this.#address)
      if (socket) return this.#follow(socket)
      if (dead !== undefined) await clear(this.#address, dead)
      const leading = await listenAt(this.#address, (member) => this.#admit(member))
      if (leading) return this.#lead(leading)
      if (performance.now() > until) throw new AnywireError('bad-request', unanswered)
      await wait(rejoinMs * Math.random())
    }
  }

  /** The one that led is gone. What is refused now another program uses; what fails is tried again. */
  #rejoin(): void {
    const again = () => this.#closed || setTimeout(() => this.#rejoin(), lookMs).unref()
    this.join().catch(again)
  }

  /** Looks now and then whether it still has the name: two that lead would not hear each other. */
  #lead({ server, file }: LocalServer): void {
    this.#server = server
    if (this.#closed) return this.close()
    if (file !== undefined) clearBeside(this.#address)
    const look = setInterval(() => {
      if (fileAt(this.#address) === file) return
      clearInterval(look)
      server.close()
      this.#server = undefined
      // They come to whoever leads now, as this one does.
      for (const member of this.#others) member.destroy()
      this.#heard({ kind: 'discontinuity' })
      this.#rejoin()
    }, lookMs).unref()
    server.once('close', () => clearInterval(look))
    if (file === undefined) clearInterval(look)
  }

  async #follow(leader: Socket): Promise<void> {
    say(leader, { hello: this.#hello })
    await new Promise<void>((resolve, reject) => {
      let isGivenUp = false
      const give = (sentence: string) => {
        isGivenUp = true
        leader.destroy()
        reject(new AnywireError('bad-request', sentence))
      }
      let isMember = false
      const late = setTimeout(() => give(unanswered), answerMs)
      this.#read(leader, (line) => {
        if ('welcome' in line) {
          // Until here it keeps the program alive, which waits for it.
          clearTimeout(late)
          this.#others.add(leader.unref())
          isMember = true
          resolve()
        } else if ('refused' in line) {
          this.close()
          give(line.refused)
        } else this.#take(line)
      })
      // Before the answer it is tried again; after it another has to lead.
      leader.on('close', () => {
        clearTimeout(late)
        this.#others.delete(leader)
        if (this.#closed || isGivenUp) return resolve()
        this.#heard({ kind: 'discontinuity' })
        const again = () => (isMember ? this.#rejoin() : this.join().then(resolve, reject))
        const timer = setTimeout(again, rejoinMs * Math.random())
        // Until it is a member the program waits for it.
        if (isMember) timer.unref()
      })
    })
  }

  #admit(member: Socket): void {
    member.unref()
    this.#read(member, (line) => {
      if ('hello' in line) this.#judge(member, line.hello)
      else if (this.#others.has(member)) {
        this.#take(line)
        for (const other of this.#others) if (other !== member) this.#pass(other, line)
      }
    })
    member.on('close', () => this.#others.delete(member))
  }

  #judge(member: Socket, { shared, family }: BusHello): void {
    if ((shared && this.#hello.shared) || family === this.#hello.family) {
      this.#others.add(member)
      return say(member, { welcome: true })
    }
    const who = `process ${process.pid}`
    say(member, {
      refused: `The folder is used by ${who}: stop that, or open it there and here with "shared: true".`,
    })
    member.end()
  }

  #read(socket: Socket, take: (line: BusLine) => void): void {
    socket.on('error', () => undefined) // 'close' follows
    socket.on(
      'data',
      linesOf((text) => {
        try {
          take(JSON.parse(text) as BusLine)
        } catch {
          socket.destroy()
        }
      }),
    )
  }

  #take(line: BusLine): void {
    if ('lost' in line) this.#heard({ kind: 'discontinuity' })
    if ('written' in line) for (const channel of line.written) this.#heard({ kind: 'changed', channel })
  }

  #send(): void {
    const written = [...this.#written]
    this.#written = new Set()
    for (const other of this.#others) this.#pass(other, { written })
  }

  #pass(socket: Socket, line: BusLine): void {
    if (this.#behind.has(socket)) return
    if (socket.writableLength < maxWaiting) return say(socket, line)
    this.#behind.add(socket)
    socket.once('drain', () => {
      this.#behind.delete(socket)
      say(socket, { lost: true })
    })
  }
}

function say(socket: Socket, line: BusLine): void {
  socket.write(`${JSON.stringify(line)}\n`)
}
