/** Starts a hub that measures itself, and asks it over IPC. It ends with its test. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Hub, HubOptions, HubStats } from '../../src/index.js'

/** What can be told in JSON; what cannot stands in a module that `setup` names. */
export type EdgeOptions = Pick<HubOptions, 'limits' | 'rules'> & {
  /** Serves HTTP/2 without TLS instead of HTTP/1.1. @default false */
  readonly http2?: boolean
  /** URL of a JavaScript module whose default export is an `EdgeSetup`. */
  readonly setup?: string
}

export interface EdgeSetup {
  readonly options?: HubOptions
  /** What the hub holds before it is measured. */
  readonly before?: (hub: Hub) => Promise<unknown>
}

export interface EdgeFigures {
  /** The longest time for which the loop was held by this process' own work. */
  readonly blockedMs: number
  /** How far the memory of the process (rss) rose above where it stood at the beginning. */
  readonly grownBytes: number
  /** What the process has worked since it started. */
  readonly cpuMs: number
  /** What was thrown and nobody caught, and what `onError` heard. */
  readonly errors: readonly string[]
  readonly stats: HubStats
}

/** A process that works less than this share of the time has nothing to do. */
const idleShare = 0.1
const quietMs = 300

export class EdgeHub {
  readonly port: number
  readonly #child: ChildProcess
  readonly #asked = new Map<number, { done: (answer: unknown) => void; failed: (why: Error) => void }>()
  #ids = 0

  static async start(options: EdgeOptions = {}): Promise<EdgeHub> {
    const file = fileURLToPath(new URL('hub.js', import.meta.url))
    const child = fork(file, [JSON.stringify(options)], { execArgv: ['--expose-gc'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new EdgeHub(child, port)
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

  /** Measures from here on. */
  begin(): Promise<void> {
    return this.#ask('begin')
  }

  figures(): Promise<EdgeFigures> {
    return this.#ask('figures')
  }

  publish(channel: string, data: unknown): Promise<unknown> {
    return this.#ask('publish', { channel, data })
  }

  /** Resolves once the process has nothing to do. */
  async quiet(): Promise<void> {
    for (let worked = Number.POSITIVE_INFINITY; worked > quietMs * idleShare; ) {
      const { cpuMs: before } = await this.figures()
      await sleep(quietMs)
      worked = (await this.figures()).cpuMs - before
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
