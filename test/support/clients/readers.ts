/** One reader of the channel `n` on every form, each under way, and how each ends. */
import { expect } from 'vitest'
import type { HubServer } from '../hub-server.js'
import { ask } from './request.js'
import { connect, session } from './socket.js'
import { stream } from './sse.js'

export type Form = keyof typeof forms

type Headers = Readonly<Record<string, string>>
/** What a reader heard of its end: a status, a close code, or what stood last in its stream. */
export type End = number | string

/** How each form is opened, once it stands in the server, and what its end is. */
export const forms = {
  'plain SSE': (server: HubServer, headers: Headers) => streamed(server.url('n'), headers),
  'durable SSE': (server: HubServer, headers: Headers) => streamed(server.url('n?live=sse&offset=now'), headers),
  'many channels': (server: HubServer, headers: Headers) => streamed(server.url('?channel=n&channel=m'), headers),
  'anywire.v1 over POST': (server: HubServer, headers: Headers) =>
    streamed(server.url(), headers, JSON.stringify({ subscribe: [{ channel: 'n' }] })),
  'durable long poll': async (server: HubServer, headers: Headers) => {
    const answer = ask(server.url('n?live=long-poll&offset=now'), { headers })
    return { ended: answer.then(({ status }): End => status, gone) }
  },
  'plain poll': async (server: HubServer, headers: Headers) => {
    const answer = ask(server.url('n?live=poll'), { headers })
    return { ended: answer.then(({ status }): End => status, gone) }
  },
  'a batch': async (server: HubServer, headers: Headers) => {
    const answer = ask(server.url(), {
      method: 'POST',
      headers,
      body: '{"subscribe":[{"channel":"n","offset":"snapshot"}]}',
    })
    return { ended: answer.then(({ status, text }): End => `${status} ${text}`, gone) }
  },
  'plain WebSocket': async (server: HubServer, headers: Headers) => {
    const socket = await connect(server.socketUrl('n'), { headers })
    return { ended: socket.closed.then(({ code }) => code) }
  },
  'anywire.v1': async (server: HubServer, headers: Headers) => {
    const socket = await session(server.socketUrl(), { headers })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    await socket.frame('subscribed')
    return { ended: socket.closed.then(({ code }) => code), frame: (type: string) => socket.frame(type) }
  },
} as const

/** Its server went before it answered. */
const gone = (): End => 'gone'

async function streamed(url: string, headers: Headers, body?: string) {
  const reader = await stream(url, { method: body === undefined ? 'GET' : 'POST', headers, ...(body && { body }) })
  expect(reader.status).toBe(200)
  return { ended: reader.ended.then((): End => reader.text) }
}

/** Opens one, and waits until the hub reads for it. */
export async function opened(form: Form, server: HubServer, headers: Headers = {}): Promise<{ ended: Promise<End> }> {
  const { subscriptions } = server.hub.stats()
  const reader = await forms[form](server, headers)
  await expect.poll(() => server.hub.stats().subscriptions).toBeGreaterThan(subscriptions)
  return reader
}

export const everyForm = Object.keys(forms) as Form[]

/** They lose one channel, and keep the others. */
export const formsOfMany: readonly Form[] = ['anywire.v1', 'anywire.v1 over POST', 'a batch']

/** What a form that tells more than an end of its stream hears. */
const ends: Partial<Record<Form, (status: number) => number>> = {
  'durable long poll': (status) => status,
  'plain poll': (status) => status,
  'plain WebSocket': (status) => 4_000 + status,
  'anywire.v1': (status) => 4_000 + status,
}

/** What a reader hears that is ended with this status: that, or the end of its stream. */
export const endOf = (form: Form, status: number): unknown => ends[form]?.(status) ?? expect.any(String)
