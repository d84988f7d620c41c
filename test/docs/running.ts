/** A program that a reader has started: what it prints, when it listens, how it ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'

/** What a terminal of a reader has in its environment: nothing that the test runner and npm tell their own processes. */
export const readersEnv = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(ANYWIRE_|VITEST|NODE_ENV$|NODE_OPTIONS$|npm_)/.test(name)),
  ),
  NO_COLOR: '1',
})

/** How long a program may take to do what its document says. */
const patienceMs = 120_000

export interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

export class Running {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #isClosed = false
  #text = ''
  #errors = ''

  constructor({ command, args, folder, env }: Start) {
    // A group of its own, so that what it starts ends with it.
    this.#child = spawn(command, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.#child, 'close').then(() => {
      this.#isClosed = true
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk.replaceAll('\r', '')
      this.#child.emit('printed')
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors += chunk
    })
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Answers the part of what it has printed that fits, and its groups, once there is one. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(patienceMs)
    for (;;) {
      const found = pattern.exec(this.#text)
      if (found) return found
      // When it has ended, some of its text may still be on the way.
      if (this.#isClosed || signal.aborted) throw this.#fault('This has been printed')
      await Promise.race([once(this.#child, 'printed', { signal }), this.#closed]).catch(() => undefined)
    }
  }

  /** Resolves when it has ended well and has printed what fits, and nothing else. */
  async ends(pattern: RegExp): Promise<void> {
    const late = once(AbortSignal.timeout(patienceMs), 'abort').then(() => {
      throw this.#fault('It does not end')
    })
    await Promise.race([this.#closed, late])
    if (this.#child.exitCode !== 0) throw this.#fault(`It ended with ${this.#child.exitCode}`)
    if (this.#errors !== '' || !pattern.test(this.#text)) throw this.#fault('This has been printed')
  }

  /** Resolves when the port is open. No event of another process says so. */
  async listens(port: number): Promise<void> {
    const until = Date.now() + patienceMs
    while (!(await accepts(port))) {
      if (this.#hasEnded || Date.now() > until) throw this.#fault('It does not listen')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return
    process.kill(-this.#child.pid, 'SIGKILL')
    await this.#closed
  }

  #fault(what: string): Error {
    return new Error(`${what}:\n${this.#text}\n${this.#errors}`)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
