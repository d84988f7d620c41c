/** A connection of the proxy to the server: asks one request at a time, and hands on the answer as it comes. */
import { connect, type Socket } from 'node:net'
import type { Ending } from './fault.js'
import { type Head, HttpReader, responseBody } from './http-reader.js'
import { type Passing, Valve, type Weather } from './valve.js'

/** Takes an answer. */
export interface Taker {
  head(head: Head): void
  body(bytes: Buffer): void
  end(): void
}

/** How an exchange went: `fin` and `reset` are ends of the connection before the end of the answer. */
export type Outcome = 'answered' | 'upgraded' | Ending

/** Bytes held for one direction before its sender has to wait. */
export const mostHeld = 1_048_576

export class Upstream {
  readonly socket: Socket
  readonly valve: Valve
  readonly closed: Promise<void>
  readonly #reader: HttpReader
  readonly #gone: (how: Ending) => void
  #asked: { method: string; taker: Taker; interim: boolean; done: (outcome: Outcome) => void } | undefined
  #through: ((bytes: Buffer) => void) | undefined

  /** `gone` is told when the server ends the connection with no exchange under way; `paced` whenever bytes came or went. */
  constructor(
    port: number,
    weather: Weather,
    gone: (how: Ending) => void = () => undefined,
    paced: () => void = () => undefined,
  ) {
    this.#gone = gone
    this.#reader = new HttpReader(
      { head: (head) => this.#head(head), body: (bytes) => this.#body(bytes), end: () => this.#end() },
      (head) => responseBody(head, this.#asked?.method ?? 'GET'),
    )
    this.valve = new Valve(weather, (passing) => {
      this.#take(passing)
      paced()
    })
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (bytes) => {
      this.valve.put(bytes)
      paced()
    })
    this.socket.on('drain', paced)
    this.socket.on('end', () => this.valve.put('fin'))
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (broken) => {
        if (broken) this.valve.put('reset')
        resolve()
      })
    })
  }

  ask(method: string, request: Buffer, taker: Taker): Promise<Outcome> {
    return new Promise((done) => {
      this.#asked = { method, taker, interim: false, done }
      if (this.socket.destroyed) this.#over('reset')
      else this.socket.write(request)
    })
  }

  /** After an upgrade: bytes go to `through` as they come. */
  open(through: (bytes: Buffer) => void): void {
    this.#through = through
  }

  end(how: Ending): void {
    this.valve.close()
    if (how === 'fin') this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  #head(head: Head): void {
    const asked = this.#asked
    if (!asked) return
    const status = Number(head.startLine.split(' ')[1])
    asked.interim = status >= 100 && status < 200 && status !== 101
    if (status === 101) this.#reader.raw()
    asked.taker.head(head)
    if (status === 101) this.#over('upgraded')
  }

  #body(bytes: Buffer): void {
    if (this.#through) this.#through(bytes)
    else this.#asked?.taker.body(bytes)
  }

  #end(): void {
    if (!this.#asked || this.#asked.interim) return
    this.#asked.taker.end()
    this.#over('answered')
  }

  #over(outcome: Outcome): void {
    const asked = this.#asked
    this.#asked = undefined
    asked?.done(outcome)
  }

  /** A server that does not answer in HTTP has ended, as far as its clients see. */
  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes)
    } catch {
      this.end('reset')
      if (this.#asked) this.#over('reset')
      else this.#gone('reset')
    }
  }

  #take(passing: Passing): void {
    if (typeof passing !== 'string') return this.#read(passing)
    if (passing === 'fin') this.#reader.close()
    if (this.#asked) this.#over(passing)
    else this.#gone(passing)
  }
}
