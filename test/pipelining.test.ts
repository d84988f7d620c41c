/** Requests that come before the answers to earlier ones: over HTTP/1.1 one answer is under way, over HTTP/2 as many as there is room for. */
import { describe, expect, it } from 'vitest'
import { RawClient } from './raw-client.js'
import { serveHub } from './support/hub-server.js'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const statuses = ({ text }: { text: string }) =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

describe('pipelined requests', () => {
  it('are answered in their order, each after what the one before it did', async () => {
    const { port } = await serveHub()
    const requests = [post('/channels/n', '1'), get('/channels/n'), post('/channels/n', '2'), get('/channels/n')]
    const client = new RawClient(port, requests.join(''))
    await client.until((one) => one.text.includes('[1,2]'))
    expect(statuses(client)).toEqual([204, 200, 204, 200])
    expect(client.text.indexOf('[1]')).toBeGreaterThan(0)
  })

  it('wait for a long poll, and are not begun meanwhile', async () => {
    const { hub, port } = await serveHub()
    const client = new RawClient(port, get('/channels/n?live=poll') + get('/channels/n?live=poll'))
    await expect.poll(() => hub.stats().connections).toBe(1)
    await hub.publish('n', 'first')
    await client.until((one) => one.text.includes('first'))
    await expect.poll(() => hub.stats().connections).toBe(1)
    await hub.publish('n', 'second')
    await client.until((one) => one.text.includes('second'))
    expect(statuses(client)).toEqual([200, 200])
  })

  it('leave nothing behind when the client goes while they wait', async () => {
    const { hub, port } = await serveHub()
    const client = new RawClient(port, get('/channels/n?live=poll').repeat(50))
    await expect.poll(() => hub.stats().connections).toBe(1)
    client.socket.destroy()
    await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })

  it('end the connection where more wait than pipelinedRequests', async () => {
    const { port } = await serveHub({ limits: { pipelinedRequests: 3 } })
    await new RawClient(port, get('/channels/n?live=poll').repeat(5)).ended
    const three = new RawClient(port, get('/channels/n').repeat(4))
    await three.until((one) => statuses(one).length === 4)
    expect(statuses(three)).toEqual([200, 200, 200, 200])
  })
})
