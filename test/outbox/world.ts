/** A server whose hub is replaced by one that remembers nothing, pages that crash and come back, and what must be true of the logs in the end. */
import { createServer } from 'node:http'
import { expect, onTestFinished, vi } from 'vitest'
import { Outbox } from '../../src/client/outbox.js'
import { AnywireError, createHub, type Hub, type HubOptions, memory, type Store } from '../../src/index.js'
import type { Random } from '../hostile/random.js'
import { listen } from '../support/hub-server.js'
import { Disk, type OpenDisk } from './disk.js'
import { type Fault, Line } from './line.js'

export const channels = ['a', 'b/c']

/** `bad` is refused for good, `ask` is answered and not stored. */
export type Kind = 'good' | 'bad' | 'ask'

interface Said {
  readonly n: number
  readonly kind: Kind
  readonly channel: string
  readonly load: number
  queued: boolean
  /** How it ended, and at which hub. */
  end?: string
  hub?: string
}

interface Page {
  readonly outbox: Outbox
  readonly line: Line
  readonly load: number
  readonly disk: () => OpenDisk | undefined
}

export interface WorldOptions {
  readonly random: Random
  readonly fault: () => Fault
  readonly limits?: HubOptions['limits']
}

export class World {
  readonly #options: WorldOptions
  readonly #disk: Disk
  readonly #hubs: { hub: Hub; store: Store }[] = []
  readonly said: Said[] = []
  pages: Page[] = []
  mostPages = 0
  #url = ''
  #loads = 0
  #calm = false
  /** The hub whose answer is being heard. */
  #heard = ''

  constructor(options: WorldOptions) {
    this.#options = options
    this.#disk = new Disk(options.random)
  }

  async start(): Promise<void> {
    this.restart()
    const server = createServer((request, response) => {
      response.setHeader('x-hub', this.#hubs.length - 1)
      this.#hubs.at(-1)!.hub.handle(request, response)
    })
    this.#url = `${await listen(server)}/channels`
    onTestFinished(async () => {
      for (const { hub } of this.#hubs) await hub.close({ graceMs: 1 })
    })
  }

  /** Another hub, that has nothing of the logs and producers. */
  restart(): void {
    const store = memory()
    this.#hubs.push({
      store,
      hub: createHub({ store, rules: { '*': { receive } }, limits: this.#options.limits ?? {} }),
    })
  }

  open(): void {
    let disk: OpenDisk | undefined
    const line = new Line({
      url: this.#url,
      outbox: () => outbox,
      fault: () => (this.#calm ? 'none' : this.#options.fault()),
      heard: (_id, _frame, hub) => {
        this.#heard = hub
      },
    })
    // A page that is gone opens nothing any more.
    const open = async () => {
      if (line.closed) return new Promise<never>(() => {})
      disk = this.#disk.open()
      return disk
    }
    const outbox: Outbox = new Outbox({ send: line.send, open, maxMessages: 10_000 })
    this.pages.push({ outbox, line, load: this.#loads++, disk: () => disk })
    this.mostPages = Math.max(this.mostPages, this.pages.length)
  }

  say({ outbox, load }: Page, channel: string, kind: Kind): void {
    const said: Said = { n: this.said.length, kind, channel, load, queued: false }
    this.said.push(said)
    const end = (how: string) => Object.assign(said, { end: how, hub: this.#heard })
    const queued = () => {
      said.queued = true
    }
    outbox.publish({ channel, data: { n: said.n, kind } }, { queued }).then(
      ({ offset, reply }) => end(offset === undefined ? `replied ${reply}` : 'stored'),
      ({ code }: AnywireError) => end(code),
    )
  }

  /** It is gone without a word. */
  crash(page: Page): void {
    page.line.closed = true
    page.line.online = false
    page.disk()?.crash()
    this.pages = this.pages.filter((one) => one !== page)
  }

  /** Until everything is answered. */
  async settle(): Promise<void> {
    this.#calm = true
    for (const { line } of this.pages) {
      line.online = true
      line.cut()
    }
    await this.#until(() => this.pages.every(({ outbox }) => outbox.size === 0))
    for (const page of this.pages) this.crash(page)
    // What is left in slots of closed pages.
    this.open()
    await this.#until(() => this.#disk.size === 0)
  }

  async #until(fact: () => boolean): Promise<void> {
    await vi.waitFor(() => expect(fact()).toBe(true), { timeout: 30_000, interval: 3 })
  }

  /** Every log: each message once, in order; and what was acknowledged or kept is there. */
  async check(): Promise<void> {
    const logs = await Promise.all(this.#hubs.map(({ store }) => logsOf(store)))
    const found = new Map<number, Set<number>>()
    for (const [hub, log] of logs.entries()) {
      for (const ns of log.values()) {
        expect(new Set(ns).size, `once: ${ns}`).toBe(ns.length)
        for (const n of ns) found.set(n, (found.get(n) ?? new Set()).add(hub))
        for (const load of Array(this.#loads).keys()) inOrder(ns.filter((n) => this.said[n]!.load === load))
        if (this.mostPages === 1) inOrder(ns)
      }
    }
    for (const { n, kind, end, hub, queued, load } of this.said) {
      const where = [...(found.get(n) ?? [])]
      if (kind !== 'good') expect(where, `${n} is not stored`).toEqual([])
      else if (end !== undefined) expect(where.map(String), `${n} of load ${load} was acknowledged`).toContain(hub)
      else if (queued) expect(where.length, `${n} of load ${load} was kept`).toBeGreaterThan(0)
      const ends = { good: 'stored', bad: 'rejected', ask: `replied ${n}` }
      if (end !== undefined) expect(end, `${n}`).toBe(ends[kind])
    }
  }
}

function receive(message: { data: unknown; discard(): void }): unknown {
  const { n, kind } = message.data as { n: number; kind: Kind }
  if (kind === 'bad') throw new AnywireError('rejected', 'This one is never taken.')
  if (kind === 'ask') message.discard()
  return n
}

async function logsOf(store: Store): Promise<Map<string, number[]>> {
  const logs = new Map<string, number[]>()
  for (const channel of channels) {
    const page = await store.read(channel, { kind: 'start' }, { messages: 1e6, bytes: 1e9 })
    if (page.kind !== 'page') throw new Error(`"${channel}" cannot be read.`)
    logs.set(
      channel,
      page.messages.map(({ data }) => JSON.parse(Buffer.from(data!).toString()).n),
    )
  }
  return logs
}

function inOrder(ns: readonly number[]): void {
  expect(ns, 'in order').toEqual([...ns].sort((a, b) => a - b))
}
