/** Answers to what is asked all the time: one inbox for all of it. The client makes a timer and two errors for each. */
import type { Msg, MsgHdrs, NatsConnection, PermissionViolationError } from '@nats-io/transport-node'
import { storeDown } from '../../core/store-down.js'

interface Awaited {
  readonly subject: string
  /** By `performance.now()`. */
  readonly until: number
  readonly done: (message: Msg) => void
  readonly failed: (error: Error) => void
}

/** How often it is looked for what is late. */
const lookMs = 50

export class Replies {
  readonly #connection: NatsConnection
  readonly #inbox: string
  readonly #awaited = new Map<string, Awaited>()
  #asked = 0
  #timer: NodeJS.Timeout | undefined
  #isHeard = false

  constructor(connection: NatsConnection, inbox: string) {
    this.#connection = connection
    this.#inbox = `${inbox}.`
  }

  /** @throws Error after so long, or what it is broken with. */
  ask(subject: string, data: Uint8Array, headers: MsgHdrs | undefined, timeoutMs: number): Promise<Msg> {
    this.#hear()
    const token = String(this.#asked++)
    return new Promise((done, failed) => {
      this.#connection.publish(subject, data, { reply: this.#inbox + token, ...(headers && { headers }) })
      this.#awaited.set(token, { subject, until: performance.now() + timeoutMs, done, failed })
      this.#timer ??= setInterval(() => this.#look(), lookMs)
    })
  }

  /** The server refuses what this user may not do: what was sent to such a subject is certainly not stored. */
  refused(error: Error): void {
    const { name, operation, subject } = error as Partial<PermissionViolationError>
    if (name !== 'PermissionViolationError' || operation !== 'publish') return
    for (const [token, awaited] of this.#awaited) {
      if (awaited.subject !== subject) continue
      this.#awaited.delete(token)
      awaited.failed(storeDown(error))
    }
  }

  /** Fails all that is waited for. */
  break(error: Error): void {
    const all = [...this.#awaited.values()]
    this.#awaited.clear()
    for (const { failed } of all) failed(error)
  }

  #hear(): void {
    if (this.#isHeard) return
    this.#isHeard = true
    this.#connection.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error) return this.#unheard(error)
        const token = message.subject.slice(this.#inbox.length)
        const awaited = this.#awaited.get(token)
        this.#awaited.delete(token)
        awaited?.done(message)
      },
    })
  }

  /** No answer can come: this user may not listen to its inbox. What was sent may have been stored. */
  #unheard(error: Error): void {
    this.#isHeard = false
    this.break(error)
  }

  #look(): void {
    const now = performance.now()
    for (const [token, { until, failed }] of this.#awaited) {
      if (until > now) continue
      this.#awaited.delete(token)
      failed(new Error('NATS did not answer in time.'))
    }
    if (this.#awaited.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
