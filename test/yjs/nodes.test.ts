/** Two principals who speak of one client of a document in the same instant, on two nodes over one Redis. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Store } from '../../src/core/store.js'
import { parseAwareness, spellAwareness } from '../../src/protocol/y-awareness.js'
import { redis } from '../../src/stores/redis/index.js'
import { RedisServer } from '../support/redis.js'
import { serveDocuments } from './desk.js'

const authenticate = (credential?: { readonly token: string }) => (credential ? { id: credential.token } : null)
const channel = 'awareness/yjs/a'
const clients = [1, 2, 3, 4, 5, 6]

/** A machine that is busy is no outage: the gate keeps appends back for as long as it needs to say all words. */
const patienceMs = 120_000

/** A store that stores nothing of the channel until `open`. */
function gated(store: Store) {
  let open = () => {}
  let waiting = 0
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const append: Store['append'] = async (to, ...rest) => {
    waiting += to === channel ? 1 : 0
    if (to === channel) await opened
    return store.append(to, ...rest)
  }
  const asked = new Proxy(store, {
    get(target, name) {
      if (name === 'append') return append
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store: asked, open: () => open(), waiting: () => waiting }
}

interface Word {
  readonly name: string
  readonly clock: number
}

async function node(url: string) {
  const gate = gated(await redis({ url, timeoutMs: patienceMs }))
  const limits = { storeMs: patienceMs }
  const server = await serveDocuments({ authenticate, queryToken: true, store: gate.store, limits })
  const say = async (name: string, client: number, clock: number) => {
    const { status } = await fetch(server.url(channel), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', authorization: `Bearer ${name}` },
      body: Buffer.from(spellAwareness({ client, clock, state: JSON.stringify({ name, clock }) })),
    })
    expect(status).toBe(204)
  }
  /** Who speaks of each client, as a reader who comes now is told. */
  const told = async () => {
    const body = JSON.stringify({ subscribe: [{ channel, offset: 'snapshot' }], waitMs: 10_000 })
    const answer = await fetch(server.url(), { method: 'POST', headers: { authorization: 'Bearer ben' }, body })
    const frames = (await answer.json()) as { readonly messages?: readonly { readonly base64?: string }[] }[]
    const entries = frames
      .flatMap(({ messages = [] }) => messages)
      .flatMap(({ base64 = '' }) => parseAwareness(Buffer.from(base64, 'base64'), 1))
    const states = entries.map(({ client, state }) => [client, JSON.parse(state)] as const)
    return new Map<number, Word>(states)
  }
  return { ...gate, say, told }
}

describe('two principals who speak of one client at once', () => {
  it.each(['who spoke first', 'who spoke last'])(
    'are told apart alike by every node, where %s is stored first',
    async (which) => {
      const server = await RedisServer.start()
      onTestFinished(() => server.stop())
      const [one, two] = [await node(server.url), await node(server.url)]
      const saying: Promise<void>[] = []
      for (const client of clients) {
        // By turns on either node. Which is the earlier by the clock of the store their nodes estimate.
        const [first, last] = client % 2 === 0 ? [one, two] : [two, one]
        saying.push(first.say('ann', client, 3))
        await expect.poll(() => first.waiting() + last.waiting()).toBe(2 * client - 1)
        saying.push(last.say('eve', client, 5))
        await expect.poll(() => first.waiting() + last.waiting()).toBe(2 * client)
      }
      const gates = which === 'who spoke first' ? [one, two] : [two, one]
      for (const gate of gates) gate.open()
      await Promise.all(saying)
      let clock = 10
      /** Who is shown when both have spoken on both nodes, and with the last word of theirs. */
      const shown = async (...names: readonly string[]) => {
        const speak = async (client: number) => {
          for (const [turn, name] of names.entries()) {
            await one.say(name, client, clock + 2 * turn)
            await two.say(name, client, clock + 2 * turn + 1)
          }
        }
        await Promise.all(clients.map(speak))
        const told = await two.told()
        const last = clock
        clock += 10
        return clients.map((client) => {
          const word = told.get(client)
          return word?.clock === last + 2 * names.indexOf(word?.name ?? '') + 1 ? word.name : undefined
        })
      }
      // A node knows who was first when it has looked again, a second later.
      const isAgreed = async () => {
        const [before, after] = [await shown('ann', 'eve'), await shown('eve', 'ann')]
        return before.every((name, at) => name !== undefined && name === after[at])
      }
      await expect.poll(isAgreed, { interval: 500, timeout: patienceMs }).toBe(true)
    },
    2 * patienceMs,
  )
})
