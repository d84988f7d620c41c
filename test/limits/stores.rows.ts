/** What strangers may put into a store and into documents: channels, producers, names, updates, awareness, and openings of what is large. */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { spellAwareness } from '../../src/protocol/y-awareness.js'
import type { HubProcess } from '../support/process/hub-process.js'
import { manyClients, manyStructs, pendingDeletions } from '../yjs/updates.js'
import type { EdgeRow } from './row.js'

const setup = new URL('documents.js', import.meta.url).href
const long = 'n'.repeat(400)

type Sent = readonly [method: string, path: string, headers?: Record<string, string>, body?: Uint8Array | string]

/** Sends many over a few connections, and counts the answers by status. */
async function send(hub: HubProcess, requests: Iterable<Sent>): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  onTestFinished(() => agent.destroy())
  const counts: Record<number, number> = {}
  const rest = requests[Symbol.iterator]()
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) {
      const status = await one(hub, agent, next.value)
      counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return counts
}

async function one({ port }: HubProcess, agent: Agent, [method, path, headers = {}, body]: Sent): Promise<number> {
  const asked = request({ host: '127.0.0.1', port, method, path, headers, agent })
  asked.end(body)
  const [answer] = await once(asked, 'response')
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode
}

function* times(count: number, sent: (i: number) => Sent): Generator<Sent> {
  for (let i = 0; i < count; i++) yield sent(i)
}

function expectStatuses(counts: Record<number, number>, ...statuses: number[]): void {
  if (String(Object.keys(counts)) !== String(statuses)) throw new Error(`answered ${JSON.stringify(counts)}`)
}

const json = { 'content-type': 'application/json' }
const bytes = { 'content-type': 'application/octet-stream' }

/** What was there before is there still. */
async function innocent(hub: HubProcess): Promise<void> {
  const kept = await fetch(`http://127.0.0.1:${hub.port}/channels/innocent`)
  if ((await kept.text()) !== '["kept"]') throw new Error('somebody else lost what was kept')
}

const update = (what: string, body: Uint8Array, status: number): EdgeRow => ({
  name: `an update of ${what}`,
  hub: { setup },
  async act(hub) {
    expectStatuses(
      await send(
        hub,
        times(5, () => ['POST', '/channels/yjs/a', bytes, body]),
      ),
      status,
    )
  },
  after: innocent,
  // Five of up to 8 MB at once, each copied for the thread.
  mostGrownBytes: 250e6,
})

const rows: readonly EdgeRow[] = [
  {
    name: 'channels: 6,000 by PUT with long names and types, where 3,000 may be',
    hub: { setup },
    async act(hub) {
      const headers = { 'content-type': `text/${long}` }
      expectStatuses(
        await send(
          hub,
          times(6_000, (i) => ['PUT', `/channels/${long}${i}`, headers]),
        ),
        201,
        429,
      )
    },
    after: innocent,
  },
  {
    name: 'producers: 5,000 with long ids in one channel',
    hub: { setup },
    async act(hub) {
      const sent = (i: number): Sent => [
        'POST',
        '/channels/p',
        { ...json, 'producer-id': long + i, 'producer-epoch': '0', 'producer-seq': '0' },
        '1',
      ]
      expectStatuses(await send(hub, times(5_000, sent)), 200)
    },
    after: innocent,
  },
  {
    name: 'maxBytes: 100 MB by POST to 100 channels, where 64 MB may be',
    hub: { setup },
    async act(hub) {
      const body = JSON.stringify('x'.repeat(100_000))
      expectStatuses(
        await send(
          hub,
          times(1_000, (i) => ['POST', `/channels/c${i % 100}`, json, body]),
        ),
        204,
      )
    },
    mostGrownBytes: 250e6,
  },
  update('190,000 deleted ranges of a client whom nobody has seen', pendingDeletions(190_000), 409),
  update('250,000 deleted ranges', pendingDeletions(250_000), 422),
  update('150,000 clients', manyClients(150_000), 422),
  update('4,000,000 structs', manyStructs(4_000_000), 422),
  {
    name: 'awareness: 1,000 clients of one principal',
    hub: { setup },
    async act(hub) {
      const sent = (client: number): Sent => [
        'POST',
        '/channels/awareness/yjs/a',
        { ...bytes, authorization: 'Bearer eve' },
        spellAwareness({ client, clock: 1, state: '{}' }),
      ]
      expectStatuses(await send(hub, times(1_000, sent)), 204, 429)
    },
  },
  {
    name: 'openings: 50 of a document of 50,000 edits by y-websocket',
    hub: { setup },
    async act(hub) {
      for (let i = 0; i < 50; i++) {
        const socket = new WebSocket(`ws://127.0.0.1:${hub.port}/yjs/large`, { perMessageDeflate: false })
        socket.on('error', () => undefined)
        onTestFinished(() => socket.terminate())
        const synced = once(socket, 'message')
        await once(socket, 'open')
        socket.send(Uint8Array.of(0, 0, 1, 0))
        await synced
      }
    },
    mostGrownBytes: 200e6,
  },
]

export default rows
