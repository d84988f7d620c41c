/** The door stands before every form: what it refuses over one it refuses over all. PROTOCOL.md 6.1. */
import { describe, expect, it } from 'vitest'
import type { HubOptions } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { type Asked, ask } from '../support/clients/request.js'
import { refusal } from '../support/clients/socket.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { spoken } from '../support/transport.js'

type Headers = Readonly<Record<string, string>>

interface Form {
  readonly name: string
  readonly below: string
  readonly asked?: Asked
  /** Not below the mount path, but at this one. */
  readonly path?: string
  readonly protocols?: readonly string[]
}

const json = { 'Content-Type': 'application/json' }
const events = { Accept: 'text/event-stream' }
const body = JSON.stringify({ publish: [{ channel: 'n', data: 1 }] })

const requests: Form[] = [
  { name: 'GET', below: 'n' },
  { name: 'HEAD', below: 'n', asked: { method: 'HEAD' } },
  { name: 'POST', below: 'n', asked: { method: 'POST', headers: json, body: '1' } },
  { name: 'PUT', below: 'm', asked: { method: 'PUT', headers: json } },
  { name: 'DELETE', below: 'n', asked: { method: 'DELETE' } },
  { name: 'OPTIONS', below: 'n', asked: { method: 'OPTIONS' } },
  { name: 'plain SSE', below: 'n', asked: { headers: events } },
  { name: 'durable SSE', below: 'n?live=sse&offset=-1' },
  { name: 'durable long poll', below: 'n?live=long-poll&offset=-1' },
  { name: 'plain poll', below: 'n?live=poll' },
  { name: 'plain SSE of many channels', below: '?channel=a&channel=b', asked: { headers: events } },
  { name: 'a batch', below: '', asked: { method: 'POST', headers: json, body } },
  {
    name: 'an event stream of anywire.v1',
    below: '',
    asked: { method: 'POST', headers: { ...json, ...events }, body },
  },
  { name: "the client's own file", below: '$/client.js' },
  { name: 'a mount of one channel', below: '', path: '/one' },
  { name: 'a plain request where documents are', below: '', path: '/yjs/room' },
]

const sockets: Form[] = [
  { name: 'plain WebSocket', below: 'n' },
  { name: 'anywire.v1', below: '', protocols: ['anywire.v1'] },
  { name: 'anywire.v1 at a channel', below: 'n?offset=-1', protocols: ['anywire.v1'] },
  { name: 'y-websocket', below: '', path: '/yjs/room' },
  { name: 'a WebSocket of one channel', below: '', path: '/one' },
]

/** A hub with every form: its mount path, documents at `/yjs`, and one channel at `/one`. */
async function serveForms(options: HubOptions): Promise<HubServer> {
  const served = await serveHub(options)
  const { hub, server } = served
  hub.yjs('/yjs')
  const one = hub.channel('n')
  const before = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url === '/one') return one.handle(request, response)
    for (const listener of before) listener(request, response)
  })
  server.on('connect', (request, socket) => spoken() !== 'http/1.1' && one.handle(request, socket as never))
  server.on('upgrade', (request, socket, head) => request.url === '/one' && one.upgrade(request, socket, head))
  await hub.publish('n', 'secret')
  return served
}

/** Asks in each form with these headers, and answers the status of each by its name. */
async function statuses(options: HubOptions, headers: Headers): Promise<Record<string, number>> {
  const { hub, origin, url } = await serveForms(options)
  const answered: Record<string, number> = {}
  for (const { name, below, path, asked = {} } of requests) {
    const answer = await ask(path === undefined ? url(below) : origin + path, {
      ...asked,
      headers: { ...asked.headers, ...headers },
    })
    expect(answer.text).not.toContain('secret')
    answered[name] = answer.status
  }
  for (const { name, below, path, protocols = [] } of sockets) {
    const at = (path === undefined ? url(below) : origin + path).replace('http', 'ws')
    answered[name] = (await refusal(at, { headers, protocols })).status
  }
  expect(hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  return answered
}

const every = (status: number) => Object.fromEntries([...requests, ...sockets].map(({ name }) => [name, status]))
const authenticate = () => ({ id: 'guest' })

describe('every form refuses', () => {
  it.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via'])(
    'what came through a proxy, as %s shows, where only this machine is served',
    async (name) => {
      expect(await statuses({}, { [name]: '127.0.0.1' })).toEqual(every(403))
    },
  )

  it('who is on another machine, as a trusted proxy says', async () => {
    expect(await statuses({ trustProxy: true }, { 'X-Forwarded-For': '203.0.113.9' })).toEqual(every(403))
    expect(await statuses({ trustProxy: 'forwarded' }, { Forwarded: 'for=203.0.113.9' })).toEqual(every(403))
  })

  it('a host that `hosts` does not name, with and without `authenticate`', async () => {
    const hosts = ['app.example']
    expect(await statuses({ authenticate, hosts }, { Host: 'evil.example' })).toEqual(every(421))
    expect(await statuses({ hosts }, { Host: 'evil.example' })).toEqual(every(421))
  })

  it.runIf(spoken() === 'http/1.1')('two hosts, with and without `authenticate`', async () => {
    for (const options of [{ authenticate }, {}]) {
      const { port } = await serveForms(options)
      for (const { name, below, path, asked, protocols } of [...requests, ...sockets]) {
        const at = path ?? `/channels${below === '' || below.startsWith('?') ? below : `/${below}`}`
        const { method = 'GET', headers = {}, body = '' } = asked ?? {}
        const upgrade = sockets.some((one) => one.name === name) ? upgradeHeaders(protocols) : {}
        const lines = Object.entries({ ...headers, ...upgrade, 'Content-Length': body.length })
        const head = `${method} ${at} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n`
        const raw = `${head}${lines.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n${body}`
        const client = await new RawClient(port, raw).until((one) => one.head !== '')
        expect([name, client.head.slice(0, 12)]).toEqual([name, 'HTTP/1.1 400'])
        client.socket.destroy()
      }
    }
  })
})

const upgradeHeaders = (protocols: readonly string[] = []) => ({
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join() }),
})
