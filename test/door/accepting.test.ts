/** What new connections hear that come too fast, and connections that are renewed steadily: no form is stopped by it. */
import { describe, expect, it } from 'vitest'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

describe('new connections that come too fast', () => {
  const server = () => serveHub({ limits: { acceptsPerSecond: 1 } })

  it('are told by `retry:` where a native EventSource would stop at a status', async () => {
    const { url } = await server()
    const first = await stream(url('n'))
    const second = await stream(url('n'))
    await second.ended
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.text).toMatch(/^retry: \d+\n\n$/)
  })

  it('are told by 503 with Retry-After where a program asks', async () => {
    const { url } = await server()
    await stream(url('n'))
    const asked = { method: 'POST', body: '{"subscribe":[{"channel":"n"}]}', headers: { Accept: 'text/event-stream' } }
    const refused = await stream(url(), asked)
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)])
  })

  it.each([
    ['a plain WebSocket', {}],
    ['anywire.v1', { protocols: ['anywire.v1'] }],
  ])('are told by the close code 1012: %s', async (_name, options) => {
    const { url, socketUrl } = await server()
    await stream(url('n'))
    const socket = await connect(socketUrl('n'), options)
    expect((await socket.closed).code).toBe(1012)
  })
})

describe('rotateMs', () => {
  const limits = { rotateMs: 200 }

  it('sends an event stream away with a time to come back', async () => {
    const { url } = await serveHub({ limits })
    const reader = await stream(url('n'))
    await reader.ended
    expect(reader.text).toMatch(/retry: \d+\n\n$/)
  })

  it('tells a client of anywire.v1, and serves it until it has switched', async () => {
    const { hub, socketUrl } = await serveHub({ limits })
    const socket = await session(socketUrl('n?offset=now'))
    await socket.frame('drain')
    await hub.publish('n', 1)
    expect(await socket.frame('messages')).toMatchObject({ channel: 'n' })
    expect((await socket.closed).code).toBe(1012)
  })

  it('ends a plain WebSocket with 1012', async () => {
    const { socketUrl } = await serveHub({ limits })
    expect((await (await connect(socketUrl('n'))).closed).code).toBe(1012)
  })

  it('is off by default', async () => {
    const { hub, socketUrl } = await serveHub()
    await connect(socketUrl('n'))
    // A connection that is to be renewed waits for its time.
    const timers = hub.stats().timers
    await connect(socketUrl('n'))
    expect(hub.stats().timers - timers).toBeLessThanOrEqual(1)
  })
})
