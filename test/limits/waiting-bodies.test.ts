/** What a client may have the hub hold of messages that are whole, and wait for a function of a rule. */
import { describe, expect, it, vi } from 'vitest'
import { connect, type Socket, session } from '../support/clients/socket.js'
import { deferred } from '../support/core/deferred.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const text = 'x'.repeat(100_000)
const json = { 'content-type': 'application/json' }

/** Publishes on a channel, and answers `stored`, or the code that it is refused with. */
type Publish = (server: HubServer, channel: string) => Promise<string>

async function codeOf(answer: Response): Promise<string> {
  if (answer.ok) return 'stored'
  return ((await answer.json()) as { error: { code: string } }).error.code
}

/** A frame may be refused before it is whole: that closes. */
async function closedWith({ closed }: Socket): Promise<string> {
  const { code } = await closed
  return code === 4429 ? 'too-many' : `closed with ${code}`
}

const frame = (channel: string) => ({ type: 'publish', id: 1, channel, data: text })

const forms: Readonly<Record<string, Publish>> = {
  POST: async (server, channel) =>
    codeOf(await fetch(server.url(channel), { method: 'POST', headers: json, body: JSON.stringify(text) })),
  PUT: async (server, channel) =>
    codeOf(await fetch(server.url(channel), { method: 'PUT', headers: json, body: JSON.stringify([text]) })),
  'anywire.v1 in a batch': async (server, channel) => {
    const body = JSON.stringify({ publish: [frame(channel)] })
    const answer = await fetch(server.url(), { method: 'POST', headers: { ...json, accept: 'application/json' }, body })
    // The body as a whole may be refused before it is read.
    if (!answer.ok) return codeOf(answer)
    const [said] = (await answer.json()) as { type: string; code?: string }[]
    return said?.code ?? 'stored'
  },
  'anywire.v1 over a WebSocket': async (server, channel) => {
    const socket = await session(server.socketUrl())
    socket.webSocket.send(JSON.stringify(frame(channel)))
    const answered = async () => {
      for (;;) {
        const [bytes] = await socket.take(1)
        const said = JSON.parse(String(bytes)) as { type: string; code?: string }
        if (said.type === 'published') return 'stored'
        if (said.type === 'error') return said.code ?? ''
      }
    }
    return Promise.race([closedWith(socket), answered()])
  },
  'a plain WebSocket': async (server, channel) => {
    const socket = await connect(server.socketUrl(channel))
    socket.webSocket.send(JSON.stringify(text))
    return Promise.race([closedWith(socket), socket.take(1).then(() => 'stored')])
  },
}

describe.each(Object.entries(forms))('messages that wait for `receive`, by %s,', (_form, publish) => {
  it('take no more than `receivingBytesPerAddress`, and give it back', async () => {
    const go = deferred()
    let waiting = 0
    const receive = async () => {
      waiting++
      await go.promise
    }
    const limits = { receivingBytesPerAddress: 250_000, receivingBytes: null }
    const server = await serveHub({ limits, rules: { '*': { receive } } })
    const held = ['a', 'b'].map((channel) => publish(server, channel))
    await expect.poll(() => waiting).toBe(2)
    expect(await publish(server, 'c')).toBe('too-many')
    expect(waiting).toBe(2)
    go.resolve()
    expect(await Promise.all(held)).toEqual(['stored', 'stored'])
    expect(await Promise.all(['d', 'e'].map((channel) => publish(server, channel)))).toEqual(['stored', 'stored'])
  })
})

describe.each([
  ['a plain WebSocket', (server: HubServer) => connect(server.socketUrl('n')), (n: number) => JSON.stringify(text + n)],
  [
    'anywire.v1 over a WebSocket',
    (server: HubServer) => session(server.socketUrl()),
    (n: number) => JSON.stringify({ type: 'publish', id: n, channel: 'n', data: text + n }),
  ],
] as const)('%s that sends more than its address may have waiting', (_form, open, spell) => {
  it('is read as fast as its messages are stored, and not ended', async () => {
    const [go, first] = [deferred(), deferred()]
    const received: unknown[] = []
    const receive = async ({ data }: { data?: unknown }) => {
      received.push(String(data).slice(text.length))
      first.resolve()
      await go.promise
    }
    const limits = { receivingBytesPerAddress: 250_000 }
    const server = await serveHub({ limits, rules: { '*': { receive } } })
    const socket = await open(server)
    const ended = vi.fn()
    socket.webSocket.on('close', ended)
    for (let n = 0; n < 8; n++) socket.webSocket.send(spell(n))
    await first.promise
    await expect.poll(() => server.hub.stats().publishers).toBe(1)
    go.resolve()
    await expect.poll(() => received).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map(String))
    expect(ended).not.toHaveBeenCalled()
  })
})
