/** What a reader is told first leaves with the head of the answer: a write to a socket costs more than all that is written in it. */
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../support/clients/raw-client.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

const get = (path: string, ...headers: string[]) =>
  [`GET /channels/${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: anywire.v1',
]

type Served = Awaited<ReturnType<typeof serveHub>>

/** How often the server writes to the connection until all of the answer has come; with `how`, only in that way. */
async function writesUntil(
  { server, port }: Served,
  request: string,
  all: RegExp,
  how?: '_write' | '_writev',
): Promise<number> {
  let writes = 0
  server.once('connection', (socket: Socket) => {
    for (const name of ['_write', '_writev'] as const) {
      const write = socket[name]!.bind(socket) as (...given: unknown[]) => void
      Object.assign(socket, {
        [name](...given: unknown[]) {
          if (how === undefined || how === name) writes++
          write(...given)
        },
      })
    }
  })
  const client = new RawClient(port, request)
  onTestFinished(() => void client.socket.destroy())
  await client.until(({ text }) => all.test(text))
  return writes
}

const position = /^HTTP\/1\.1 200 .*\r\n\r\nretry: \d+\n.*id: /s

/** A server whose channel has a reader already: nothing waits for the store. */
async function followed(): Promise<Served> {
  const served = await serveHub()
  await stream(served.url('news'))
  return served
}

describe('the first packet', () => {
  it('of anywire.v1 over WebSocket holds the welcome and what the URL subscribes to', async () => {
    const all = /^HTTP\/1\.1 101 .*"type":"welcome".*"type":"subscribed"/s
    expect(await writesUntil(await followed(), get('news?offset=now', ...upgrade), all)).toBe(1)
  })

  it('of plain SSE holds its position', async () => {
    expect(await writesUntil(await followed(), get('news', 'Accept: text/event-stream'), position)).toBe(1)
  })

  it('of many channels in one stream holds their positions', async () => {
    const request = get('', 'Accept: text/event-stream').replace('/channels/', '/channels?channel=news')
    expect(await writesUntil(await followed(), request, position)).toBe(1)
  })

  it('of durable SSE holds its control event', async () => {
    const all = /^HTTP\/1\.1 200 .*\r\n\r\nevent: control\n/s
    expect(await writesUntil(await followed(), get('news?live=sse&offset=now'), all)).toBe(1)
  })

  it.each([
    ['a page', 'news?offset=now', /^HTTP\/1\.1 200 .*\r\n\r\n\[\]$/s],
    ['a refusal', 'news?live=never', /^HTTP\/1\.1 400 .*\r\n\r\n\{.*\}$/s],
  ])('of %s is one piece: the head with the body', async (_what, path, all) => {
    expect(await writesUntil(await followed(), get(path), all, '_write')).toBe(1)
    expect(await writesUntil(await followed(), get(path), all, '_writev')).toBe(0)
  })

  it('of plain SSE is one piece: the head with the position', async () => {
    const request = get('news', 'Accept: text/event-stream')
    expect(await writesUntil(await followed(), request, position, '_writev')).toBe(0)
  })
})
