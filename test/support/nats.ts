/** Real NATS servers on this machine, each with a folder of its own: started on a free port, stopped by their process ids. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.js'

export class NatsServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'anywire-nats-'))
  readonly #lines: string
  #child: ChildProcess | undefined

  private constructor(port: number, lines: string) {
    this.port = port
    this.#lines = lines
  }

  /** `lines`: what its configuration says beside port and folder. */
  static async start(lines = ''): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), lines)
    await server.start()
    return server
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Starts it again, on the same port and folder. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'server.conf')
    const own = `listen: "127.0.0.1:${this.port}"\njetstream { store_dir: ${JSON.stringify(this.#folder)} }\n`
    writeFileSync(file, own + this.#lines)
    const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    let said = ''
    child.stderr?.on('data', (bytes) => {
      said = (said + bytes).slice(-4_000)
    })
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`nats-server ended: ${said}`)
      await wait(20)
    }
  }

  /** Stops the process where it is, until `thaw`. */
  async freeze(): Promise<void> {
    this.#child?.kill('SIGSTOP')
    const state = `/proc/${this.#child?.pid}/stat`
    while (!/\) T /.test(readFileSync(state, 'utf8'))) await wait(1)
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Ends the process, and leaves the folder. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    child.kill('SIGCONT')
    await exited
  }

  /** Keeps what the folder holds now, to be put back. To be called while it is stopped. */
  back(): void {
    cpSync(this.#folder, this.#copy, { recursive: true })
  }

  putBack(): void {
    rmSync(this.#folder, { recursive: true })
    cpSync(this.#copy, this.#folder, { recursive: true })
  }

  async remove(): Promise<void> {
    await this.stop()
    for (const folder of [this.#folder, this.#copy]) rmSync(folder, { recursive: true, force: true })
  }

  get #copy(): string {
    return `${this.#folder}-copy`
  }
}

/** It tells clients about itself when it is ready for them. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const said = await Promise.race([
    once(socket, 'data').then(([bytes]) => String(bytes)),
    once(socket, 'close').then(() => ''),
  ]).catch(() => '')
  socket.destroy()
  return said.startsWith('INFO')
}
