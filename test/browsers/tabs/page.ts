/** The script of a tab: a small client on a port, that counts on nothing but what the port promises. What comes twice is noted twice. */
import { createCore } from '../../../src/client/core.js'
import { openPort, type PortOptions } from '../../../src/client/open-port.js'
import type { CorePort, FromCore, ToCore } from '../../../src/client/port.js'

interface Reading {
  readonly channel: string
  offset: string
}

type PublishMessage = Extract<ToCore, { type: 'publish' }>

/** What came, in order, when, and of which core: the first, the second, … */
const received: { readonly at: number; readonly core: number; readonly data: unknown }[] = []
const readings: Reading[] = []
const unanswered = new Map<number, PublishMessage['requests'][number]>()
const answers = new Map<number, string>()
const looking = new Set<() => void>()
const workers: Worker[] = []
let port: CorePort | undefined
let state: string | undefined
let moves = 0

const OwnWorker = globalThis.Worker
globalThis.Worker &&= class extends OwnWorker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args)
    workers.push(this)
  }
}

function hear(message: FromCore): void {
  if (message.type === 'moved') moves++
  if (message.type === 'state') state = message.state
  if (message.type === 'token') port?.send({ type: 'token' })
  if (message.type === 'subscribed') readings[message.id]!.offset = message.offset
  if (message.type === 'items') take(message)
  if (message.type === 'moved' && readings.length > 0) subscribe()
  if (message.type === 'moved' || (message.type === 'state' && state === 'open')) sendUnanswered()
  // One that was said again is answered again; one that overtook what was lost is said again with it.
  if (message.type === 'published' || (message.type === 'refused' && message.error.code !== 'sequence-gap')) {
    unanswered.delete(message.id)
    answers.set(message.id, message.type)
  }
  for (const look of [...looking]) look()
}

function take({ id, items, position }: Extract<FromCore, { type: 'items' }>): void {
  for (const item of items) {
    if (item.kind === 'message') received.push({ at: Date.now(), core: moves, data: item.data })
  }
  readings[id]!.offset = position
  port?.send({ type: 'consumed', id, count: items.length })
}

function subscribe(): void {
  port?.send({ type: 'subscribe', wishes: readings.map((reading, id) => ({ id, slow: 'catch-up', ...reading })) })
}

function sendUnanswered(): void {
  if (unanswered.size > 0) port?.send({ type: 'publish', requests: [...unanswered.values()] })
}

function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return
      looking.delete(look)
      resolve()
    }
    looking.add(look)
    look()
  })
}

const functions = {
  /** As if the browser had none of these. */
  without(...names: string[]) {
    for (const name of names) Reflect.deleteProperty(globalThis, name)
  },
  /** As if shared workers never answered. */
  mute() {
    Object.assign(globalThis, {
      SharedWorker: class {
        readonly port = new MessageChannel().port1
      },
    })
  },
  /** Opens a port, and reads a channel from its start. */
  join(url: string, channel: string, options: Partial<PortOptions> = {}) {
    const core = { url, transports: ['websocket', 'stream', 'poll'] as const }
    port = openPort({ core, share: 'tabs', identity: '', createCore, ...options }, hear)
    readings.push({ channel, offset: '-1' })
    subscribe()
  },
  async got(count: number) {
    await until(() => received.length >= count)
    return received
  },
  opened: () => until(() => state === 'open'),
  async moved(times: number) {
    await until(() => moves >= times)
  },
  moves: () => moves,
  /** Publishes numbers, each with a producer's, a few at a time, and tells which answers there were. */
  async publish(producer: string, count: number) {
    for (let n = 0; n < count; n++) {
      const request = { id: n, channel: 'written', data: n, producer: { id: producer, epoch: 0, seq: n } }
      unanswered.set(n, request)
      port?.send({ type: 'publish', requests: [request] })
      await until(() => unanswered.size < 5)
    }
    await until(() => answers.size === count)
    return [...new Set(answers.values())]
  },
  /** Stalls the thread of this tab's worker, as freezing does. */
  stall(ms: number) {
    workers.at(-1)!.postMessage({ stall: ms })
  },
  workers: () => workers.length,
  leave() {
    port?.close()
  },
}

Object.assign(globalThis, functions)
