/** Starts a hub in a process of its own and asks it over IPC; it ends with the test file. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import type { HubOptions, HubStats } from '../../src/index.js'

/** What can be told in JSON. */
export type ServeOptions = Pick<HubOptions, 'limits' | 'rules'> & {
  /** Admission and reads of the store take a few milliseconds. @default false */
  readonly slow?: boolean
}

/** What the process holds after a full collection of garbage. */
export interface Figures {
  /** Heap and external memory. */
  readonly bytes: number
  readonly stats: HubStats
  /** What was thrown and nobody caught, and what `onError` heard. */
  readonly errors: readonly string[]
  readonly sockets: number
  readonly listeners: number
  /** Live objects by class. */
  readonly alive: Readonly<Record<string, number>> | false
}

export interface Publishing {
  readonly channel: string
  /** Number of the first message. */
  readonly from: number
  readonly count: number
  /** Of one message. */
  readonly bytes: number
}

const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

export class HubProcess {
  readonly port: number
  readonly #child: ChildProcess
  readonly #asked = new Map<number, { done: (answer: unknown) => void; failed: (why: Error) => void }>()
  #ids = 0

  static async start(options: ServeOptions = {}): Promise<HubProcess> {
    const file = fileURLToPath(new URL('server.js', import.meta.url))
    const child = fork(file, [JSON.stringify(options)], { execArgv: ['--expose-gc'] })
    running.add(child)
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new HubProcess(child, port)
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.on('message', ({ id, answer, failure }: { id: number; answer?: unknown; failure?: string }) => {
      const asked = this.#asked.get(id)
      this.#asked.delete(id)
      if (failure === undefined) asked?.done(answer)
      else asked?.failed(new Error(failure))
    })
    child.on('exit', (code, signal) => {
      running.delete(child)
      for (const { failed } of this.#asked.values()) failed(new Error(`The server ended with ${code ?? signal}.`))
    })
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  stats(): Promise<HubStats> {
    return this.#ask('stats')
  }

  /** With `objects` it looks through the whole heap for objects of each class, which takes a while. */
  figures(options: { readonly objects?: boolean } = {}): Promise<Figures> {
    return this.#ask('figures', options)
  }

  /** Publishes all of it in one step. */
  publish(publishing: Publishing): Promise<void> {
    return this.#ask('publish', publishing)
  }

  #ask<T>(act: string, values: object = {}): Promise<T> {
    const id = ++this.#ids
    this.#child.send({ id, act, ...values })
    return new Promise((done, failed) => {
      this.#asked.set(id, { done: (answer) => done(answer as T), failed })
    })
  }
}
