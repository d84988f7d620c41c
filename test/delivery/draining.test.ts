/** A hub that leaves ends the connections that its answers go over, so that the server it stands on can close. */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type RequestOptions } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** Asks over connections that are kept. */
function keeper({ url }: HubServer) {
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  return async (below: string, options: RequestOptions = {}): Promise<IncomingMessage> => {
    const [answer] = (await once(get(url(below), { agent, ...options }), 'response')) as [IncomingMessage]
    await once(answer.resume(), 'end')
    return answer
  }
}

/** What each kind of answer is asked for by. */
const answers: Readonly<Record<string, readonly [string, RequestOptions?]>> = {
  'an error': ['n'],
  'the script': ['$/client.js'],
  'a preflight': ['n', { method: 'OPTIONS', headers: { Origin: 'http://a.example' } }],
  'a resumed EventSource': ['n', { headers: { Accept: 'text/event-stream', 'Last-Event-ID': 'x' } }],
}

describe('once a hub leaves', () => {
  it.each(Object.entries(answers))('%s says "Connection: close" over HTTP/1.1', async (_name, [below, options]) => {
    const server = await serveHub()
    const ask = keeper(server)
    expect((await ask('n')).headers.connection).toBe('keep-alive')
    await server.hub.close({ graceMs: 1 })
    expect((await ask(below, options)).headers.connection).toBe('close')
  })

  it.each(['n?live=poll', 'n?live=long-poll&offset=now'])('a poll that waits is answered so too: %s', async (below) => {
    const server = await serveHub()
    const waiting = keeper(server)(below)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    await server.hub.close({ graceMs: 1 })
    expect((await waiting).headers.connection).toBe('close')
  })

  it('server.close() ends though clients ask again over connections that are kept', async () => {
    const server = await serveHub()
    const ask = keeper(server)
    let closed = false
    server.server.once('close', () => {
      closed = true
    })
    const again = async (): Promise<void> => {
      await ask('n').catch(() => undefined)
      if (!closed) await again()
    }
    const asking = again()
    await server.hub.close({ graceMs: 1 })
    server.server.close()
    await asking
  })
})
