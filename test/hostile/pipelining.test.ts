/** Requests that come before the answers to earlier ones: over HTTP/1.1 one answer is under way, over HTTP/2 as many as there is room for. */
import type { Server } from 'node:http'
import { connect, createServer } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { listen, serveHub } from '../support/hub-server.js'

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
    await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0, requests: 0 })
  })

  it('leave nothing behind when the session of HTTP/2 ends while they wait for room', async () => {
    const hub = createHub()
    const server = createServer()
    hub.attach(server)
    const url = await listen(server as unknown as Server)
    onTestFinished(() => hub.close({ graceMs: 1 }))
    await hub.publish('n', 'x'.repeat(200_000))
    const session = connect(url, { settings: { initialWindowSize: 0 } }).on('error', () => undefined)
    for (let i = 0; i < 50; i++) session.request({ ':path': '/channels/n' }).on('error', () => undefined)
    await expect.poll(() => hub.stats().requests).toBeGreaterThan(20)
    session.destroy()
    await expect.poll(() => hub.stats().requests).toBe(0)
  })

  it('leave nothing behind when a client goes that took nothing of many subscriptions', async () => {
    const { hub, port } = await serveHub()
    for (let i = 0; i < 200; i++) await hub.publish(`c${i}`, 'x'.repeat(60_000))
    const body = JSON.stringify({
      subscribe: Array.from({ length: 200 }, (_, i) => ({ channel: `c${i}`, offset: '-1' })),
    })
    const client = new RawClient(port, post('/channels', body).replace('\r\n', '\r\nAccept: text/event-stream\r\n'))
    client.socket.pause()
    await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(50)
    expect(hub.stats().requests).toBe(1)
    client.socket.destroy()
    await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0, requests: 0 })
  })

  it('end the connection where more wait than pipelinedRequests', async () => {
    const { port } = await serveHub({ limits: { pipelinedRequests: 3 } })
    await new RawClient(port, get('/channels/n?live=poll').repeat(5)).ended
    const three = new RawClient(port, get('/channels/n').repeat(4))
    await three.until((one) => statuses(one).length === 4)
    expect(statuses(three)).toEqual([200, 200, 200, 200])
  })
})
