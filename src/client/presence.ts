/** Presence in a channel: who is there, and how one is there oneself. Loaded when it is first asked for. */
import { AnywireError } from '../protocol/error.js'
import { batchMicrotask } from './batch.js'
import { utf8Length } from './bytes.js'
import type { Client } from './client.js'
import { askedMs } from './deadline.js'
import { createDeferred } from './deferred.js'
import type { Item } from './item.js'
import type { OutboxOptions } from './outbox.js'
import type { PublishAnswer } from './port.js'
import type { Member, Presence, Roster } from './roster.js'
import { type Changing, createSignal, type Signal } from './signal.js'
import type { Subscription } from './subscription.js'

export type PresenceWish = [channel: string, state?: unknown]

/** What stands in a roster under the key `$count`. */
interface Counted {
  readonly members: number
  readonly connections: number
  readonly sample?: readonly string[]
}

/** [protocol 3.9] Largest state. */
const stateBytes = 1_024
/** The server tells others of a member twice a second at most. */
const pauseMs = 500
/** A state that is not answered by then is said again. */
const answerMs = 10_000

/** Nobody is here if nobody was told so long after the roster was opened. */
const emptyMs = 100

/** Names are told within this after counts. */
const modeMs = 1_000

/** Below those of the outbox, which counts up. */
let ids = 0

export const openPresence = (
  client: Pick<Client, 'state' | 'subscribe'>,
  say: OutboxOptions['send'],
  answers: Signal<PublishAnswer | undefined>,
  channel: string,
  state?: unknown,
): Presence<never> => {
  const presence = new OwnPresence(client, say, answers, channel)
  if (state !== undefined) presence.set(state)
  return presence as Presence<unknown> as Presence<never>
}

class OwnPresence implements Presence {
  readonly channel: string
  readonly roster: Changing<Roster | undefined> = createSignal<Roster | undefined>(undefined)
  readonly #client: Pick<Client, 'state' | 'subscribe'>
  readonly #say: OutboxOptions['send']
  readonly #closed = createDeferred<void>()
  readonly #ends: (() => void)[]
  readonly #members = new Map<string, Member>()
  #count: Counted | undefined
  /** Names are told. */
  #names = true
  #reading: Subscription | undefined
  /** Reads the channel as long as one is present. */
  #being: Subscription | undefined
  /** The newest state as JSON. */
  #state: string | undefined
  /** It is not known to the server. */
  #isNew = false
  #sentAt = Number.NEGATIVE_INFINITY
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    client: Pick<Client, 'state' | 'subscribe'>,
    say: OutboxOptions['send'],
    answers: Signal<PublishAnswer | undefined>,
    channel: string,
  ) {
    this.channel = channel
    this.#client = client
    this.#say = say
    this.#closed.promise.catch(() => {})
    this.#read()
    this.#ends = [
      answers.subscribe((answer) => answer?.id === this.#asked && this.#answered(answer)),
      // The server may have forgotten a member who was away for long.
      client.state.subscribe((state) => state === 'open' && this.#renew()),
    ]
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  readonly set = (state: unknown): void => {
    const text = JSON.stringify(state)
    if (text === undefined) throw new AnywireError('bad-request', 'A state is JSON.')
    if (utf8Length(text) > stateBytes) throw new AnywireError('too-large', `A state has ${stateBytes} bytes at most.`)
    if (text === this.#state || !this.#reading) return
    this.#state = text
    if (state === null) this.#leave()
    else this.#enter()
    this.#renew()
  }

  readonly close = (): void => this.#end()

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Who reads the channel is present. Of several readers here the one that asks for most decides what is sent. */
  #enter(): void {
    if (this.#being) return
    this.#being = this.#client.subscribe(this.channel, { slow: 'conflate', rate: 1 }, () => {})
    this.#being.closed.catch((error) => this.#end(error))
  }

  #leave(): void {
    this.#being?.close()
    this.#being = undefined
  }

  #end(error?: AnywireError): void {
    if (!this.#reading) return
    const reading = this.#reading
    this.#reading = undefined
    for (const end of this.#ends) end()
    clearTimeout(this.#timer)
    this.#leave()
    reading.close()
    if (error) this.#closed.reject(error)
    else this.#closed.resolve()
  }

  #read(): void {
    const { channel } = this
    const options = { from: 'snapshot', slow: 'conflate' } as const
    const reading = this.#client.subscribe(
      `${this.#names ? '$presence' : '$count'}/${channel}`,
      options,
      (item: Item) => {
        if (item.kind === 'message') this.#heard(item.key ?? '', item.data)
        else if (item.kind === 'gap' && item.reason !== 'conflated') this.#again()
      },
    )
    this.#reading = reading
    reading.opened.then(() => setTimeout(this.#show, emptyMs)).catch(() => {})
    const ends = (error?: AnywireError) => {
      if (reading !== this.#reading) return
      // Who may not see who is there may perhaps know how many.
      if (error?.code !== 'forbidden' || !this.#names) return this.#end(error)
      this.#names = false
      this.#read()
    }
    reading.closed.then(() => ends(), ends)
  }

  /** Something was missed: who is here is asked anew, and shown when it is known. */
  #again(): void {
    const before = this.#reading
    this.#members.clear()
    this.#count = undefined
    this.#read()
    before?.close()
  }

  #heard(key: string, value: unknown): void {
    if (key === '$count') {
      this.#count = value as Counted | undefined
      // It turns back into names, which come next; or nobody is here any more.
      if (!value) return void setTimeout(this.#show, modeMs)
    } else if (value === undefined) this.#members.delete(key)
    else this.#members.set(key, value as Member)
    this.#show()
  }

  readonly #show = batchMicrotask(() => {
    if (!this.#reading) return
    const members = [...this.#members.values()].sort((one, other) => one.since - other.since)
    const connections = members.reduce((sum, member) => sum + member.connections, 0)
    const { sample = [], ...counted } = this.#count ?? { members: members.length, connections }
    this.roster.set({ members, count: counted.members, connections: counted.connections, sample })
  })

  #renew(): void {
    if (this.#state === undefined) return
    this.#isNew = true
    this.#plan(this.#sentAt + pauseMs - performance.now())
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#send(), ms)
  }

  #send(): void {
    if (this.#client.state.value !== 'open') return
    this.#isNew = false
    this.#asked = --ids
    this.#sentAt = performance.now()
    this.#say([{ id: ids, channel: `$presence/${this.channel}`, data: JSON.parse(this.#state ?? 'null') }])
    this.#plan(answerMs)
  }

  #answered(answer: PublishAnswer): void {
    // A newer one has its turn already.
    if (this.#isNew) return
    clearTimeout(this.#timer)
    if (answer.type === 'published') return
    const error = AnywireError.fromJSON(answer.error)
    if (error.meaning.retry === 'never') this.#end(error)
    else this.#plan(askedMs(error.details.retryMs, pauseMs))
  }
}
