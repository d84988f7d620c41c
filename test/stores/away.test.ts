/** While the store is away: readers of every form stay and are told, publishes fail at once, and all goes on when it is back. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { AnywireError, createHub, memory, type Store } from '../../src/index.js'
import { ownTime } from '../support/own-time.js'

/** A store that says at once that it cannot be asked, while it is away. */
function leaving() {
  const state = { away: false }
  const store = new Proxy(memory(), {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const tells = ['watch', 'unfollow', 'touch', 'close'].includes(String(name))
      return (...asked: unknown[]) =>
        state.away && !tells ? Promise.reject(new AnywireError('store-down', 'Away.')) : member.apply(target, asked)
    },
  }) as Store
  return { state, store }
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve() {
  const { state, store } = leaving()
  const told: string[] = []
  const hub = createHub({ store, onError: ({ code }) => told.push(code) })
  const server = createServer()
  hub.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(
    () => server.close(),
    () => hub.close({ graceMs: 0 }),
  )
  await hub.publish('c', 0)
  return { state, hub, told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/channels` }
}

interface Reading {
  text: string
}

/** What comes of a response, until the test is over. */
async function stream(url: string, init: RequestInit = {}): Promise<Reading> {
  const abort = new AbortController()
  closing.push(() => abort.abort())
  const response = await fetch(url, { ...init, signal: abort.signal })
  expect(response.status).toBe(200)
  const reading: Reading = { text: '' }
  const decoder = new TextDecoder()
  const take = async () => {
    for await (const bytes of response.body!) reading.text += decoder.decode(bytes as Uint8Array, { stream: true })
  }
  take().catch(() => undefined)
  return reading
}

async function socket(url: string, protocol?: string): Promise<Reading> {
  const webSocket = new WebSocket(url.replace('http', 'ws'), protocol)
  closing.push(() => webSocket.terminate())
  const reading: Reading = { text: '' }
  webSocket.on('message', (data) => {
    reading.text += `${data}\n`
  })
  webSocket.on('close', (code) => {
    reading.text += `closed ${code}\n`
  })
  await once(webSocket, 'open')
  return reading
}

const events = { accept: 'text/event-stream' }
const body = JSON.stringify({ subscribe: [{ channel: 'c' }] })
const away = ': store away\n\n'
const back = ': store back\n\n'
const frame = (isAway: boolean) => JSON.stringify({ type: 'store', channel: 'c', away: isAway })

/** Of each form: how it is opened, and how it says that the store is away and back. Undefined: it says nothing. */
const forms: Record<string, [open: (url: string) => Promise<Reading>, away?: string, back?: string]> = {
  'plain SSE': [(url) => stream(`${url}/c`, { headers: events }), away, back],
  'many channels': [(url) => stream(`${url}?channel=c&channel=d`, { headers: events }), away, back],
  'durable SSE': [(url) => stream(`${url}/c?live=sse&offset=now`), away, back],
  'anywire.v1 over POST': [(url) => stream(url, { method: 'POST', headers: events, body }), frame(true), frame(false)],
  'anywire.v1': [(url) => socket(`${url}/c?offset=now`, 'anywire.v1'), frame(true), frame(false)],
  'plain WebSocket': [(url) => socket(`${url}/c`)],
}

describe('while the store is away', () => {
  it.each(Object.entries(forms))('readers over %s stay, are told, and go on when it is back', async (_name, form) => {
    const [open, saidAway, saidBack] = form
    const { state, hub, url } = await serve()
    const reading = await open(url)
    await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(0)
    state.away = true
    await expect(hub.publish('c', 1)).rejects.toMatchObject({ code: 'store-down' })
    if (saidAway) await expect.poll(() => reading.text).toContain(saidAway)
    state.away = false
    await hub.publish('c', '"after"')
    await expect.poll(() => reading.text).toContain('after')
    if (saidBack) await expect.poll(() => reading.text).toContain(saidBack)
    expect(reading.text).not.toContain('closed')
  })

  it('publishes and new readers are refused at once with 503 and when to come back, and onError hears once', async () => {
    const { state, told, url } = await serve()
    state.away = true
    const sinceMs = ownTime()
    const json = { 'content-type': 'application/json' }
    const answers = await Promise.all([
      fetch(`${url}/c`, { method: 'POST', headers: json, body: '1' }),
      fetch(`${url}/c`, { method: 'PUT', headers: json }),
      fetch(`${url}/c?offset=-1`),
      fetch(`${url}/other`, { headers: events }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503])
    for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(((await answers[0]!.json()) as { error: { code: string } }).error.code).toBe('store-down')
    expect(sinceMs()).toBeLessThan(5_000)
    expect(told).toEqual(['store-down'])
  })
})
