/** A hub in a process of its own, asked over IPC: what it holds, how long its loop was blocked, how far its memory grew. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Hub, HubOptions, HubStats } from '../../../src/index.js'

/** What can be told in JSON; what cannot stands in a module that `setup` names. */
export type ProcessOptions = Pick<HubOptions, 'limits' | 'rules'> & {
  /** Serves HTTP/2 without TLS instead of HTTP/1.1. @default false */
  readonly http2?: boolean
  /** URL of a JavaScript module whose default export is a `Setup`. */
  readonly setup?: string
}

export interface Setup {
  readonly options?: HubOptions
  /** What the hub holds before anybody comes. */
  readonly before?: (hub: Hub) => Promise<unknown>
}

/** What the process holds after a full collection of garbage. */
export interface Holdings {
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

/** What it cost the process to serve, since `begin`. */
export interface Strain {
  /** The longest time for which the loop was held by this process' own work. */
  readonly blockedMs: number
  /** How far the memory of the process (rss) rose above where it stood at the beginning. */
  readonly grownBytes: number
  /** What the process has worked since it started. */
  readonly cpuMs: number
  /** What was thrown and nobody caught, and what `onError` heard. */
  readonly errors: readonly string[]
}

/** Many messages at once: each holds its number, its time, and filling. */
export interface Series {
  readonly channel: string
  /** Number of the first message. */
  readonly from: number
  readonly count: number
  /** Of one message. */
  readonly bytes: number
}

/** A process that works less than this share of the time has nothing to do. */
const idleShare = 0.1
const quietMs = 300

export class HubProcess {
  readonly port: number
  readonly #child: ChildProcess
  readonly #asked = new Map<number, { done: (answer: unknown) => void; failed: (why: Error) => void }>()
  #ids = 0

  /** Runs until `kill`, or until the process of the tests ends. */
  static async start(options: ProcessOptions = {}): Promise<HubProcess> {
    const file = fileURLToPath(new URL('hub.js', import.meta.url))
    const child = fork(file, [JSON.stringify(options)], { execArgv: ['--expose-gc'] })
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
  holdings(options: { readonly objects?: boolean } = {}): Promise<Holdings> {
    return this.#ask('holdings', options)
  }

  /** Measures its strain from here on. */
  begin(): Promise<void> {
    return this.#ask('begin')
  }

  strain(): Promise<Strain> {
    return this.#ask('strain')
  }

  publish(channel: string, data: unknown): Promise<unknown> {
    return this.#ask('publish', { channel, data })
  }

  /** Publishes all of it in one step. */
  publishSeries(series: Series): Promise<void> {
    return this.#ask('publishSeries', series)
  }

  /** Resolves once the process has nothing to do. */
  async quiet(): Promise<void> {
    for (let worked = Number.POSITIVE_INFINITY; worked > quietMs * idleShare; ) {
      const { cpuMs: before } = await this.strain()
      await sleep(quietMs)
      worked = (await this.strain()).cpuMs - before
    }
  }

  #ask<T>(act: string, values: object = {}): Promise<T> {
    const id = ++this.#ids
    return new Promise((done, failed) => {
      this.#asked.set(id, { done: (answer) => done(answer as T), failed })
      this.#child.send({ id, act, ...values })
    })
  }
}
