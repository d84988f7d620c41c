/** Many channels in one event stream over HTTP/1.1, spoken by hand, to a reader who lags. PROTOCOL.md 3.4. */
import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/clients/raw-client.js'
import { ask } from '../support/clients/request.js'
import { serveHub } from '../support/hub-server.js'

describe('an event stream of many channels', () => {
  it('promise 2: writes the positions before it ends, and a reader who lags has them too', async () => {
    const { hub, url, port } = await serveHub()
    const ids = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!)
    const client = new RawClient(
      port,
      'GET /channels?channel=a&channel=b HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
    )
    await client.until(({ body }) => body.length > 0)
    client.socket.pause()
    let offset = ''
    for (let i = 0; i < 80; i++) offset = (await hub.publish('a', 'x'.repeat(50_000))).offset
    client.socket.resume()
    await client.until(({ body }) => body.includes(`id: ${offset},`))
    // While it lagged it was told again and again where it stands, not at the end alone.
    expect(ids(client.body.toString()).length).toBeGreaterThan(5)
    const last = await hub.publish('b', 1, { close: true })
    await hub.publish('a', 1, { close: true })
    await client.ended
    expect(ids(client.body.toString()).at(-1)).toContain(last.offset)
    expect((await ask(url('a'))).status).toBe(200)
  })
})
