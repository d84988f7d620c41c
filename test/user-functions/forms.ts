/** Every way to publish and to read, each with the code of the error that its client is told. */
import * as Y from 'yjs'
import { type ErrorCode, meanings } from '../../src/protocol/error.js'
import { ask, post } from '../support/clients/request.js'
import { connect, refusal, type Socket, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import type { HubServer } from '../support/hub-server.js'

/** The code that a client hears when it publishes to the channel, or reads it. */
export type Form = (server: HubServer, channel: string) => Promise<string | undefined>
export type Forms = Readonly<Record<string, Form>>

const json = { 'Content-Type': 'application/json' }
const events = { Accept: 'text/event-stream' }
/** What a status, or a close code without its 4000, says by itself. */
const codes: Readonly<Record<number, string>> = { 401: 'unauthorized', 403: 'forbidden', 500: 'internal' }

export const publishing: Forms = {
  POST: async ({ url }, channel) => (await post(url(channel), 1)).code,
  'a plain WebSocket': async ({ socketUrl }, channel) => {
    const socket = await connect(socketUrl(channel))
    socket.send('1')
    const { error } = JSON.parse(String(await socket.next()))
    return done(socket, error?.code)
  },
  'anywire.v1 over WebSocket': async ({ socketUrl }, channel) => {
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel, data: 1 })
    const frame = await Promise.race([socket.frame('published'), socket.frame('error')])
    return done(socket, frame.code)
  },
  'anywire.v1 in a batch': async ({ url }, channel) => {
    const [frame] = (await post(url(), { publish: [{ channel, id: 1, data: 1 }] })).json<{ code?: string }[]>()
    return frame?.code
  },
  'anywire.v1 in a stream': async ({ url }, channel) => {
    const body = JSON.stringify({ publish: [{ channel, id: 1, data: 1 }] })
    const told = await stream(url(), { method: 'POST', headers: json, body })
    const frame = await Promise.race([
      told.frame<{ code?: string }>('published'),
      told.frame<{ code?: string }>('error'),
    ])
    told.close()
    return frame.code
  },
}

/** Where the right to publish is asked for something else. */
export const creating: Forms = {
  PUT: async ({ url }, channel) => (await ask(url(channel), { method: 'PUT', headers: json })).code,
  'PUT with a message': async ({ url }, channel) =>
    (await ask(url(channel), { method: 'PUT', headers: json, body: '1' })).code,
}

export const reading: Forms = {
  GET: async ({ url }, channel) => (await ask(url(channel))).code,
  HEAD: async ({ url }, channel) => codes[(await ask(url(channel), { method: 'HEAD' })).status],
  'a plain poll': async ({ url }, channel) => (await ask(url(`${channel}?live=poll`))).code,
  'a long poll': async ({ url }, channel) => (await ask(url(`${channel}?live=long-poll&offset=-1`))).code,
  'plain SSE': async ({ url }, channel) => (await ask(url(channel), { headers: events })).code,
  'durable SSE': async ({ url }, channel) => (await ask(url(`${channel}?live=sse&offset=-1`))).code,
  'SSE of many channels': async ({ url }, channel) =>
    (await ask(url(`?channel=fine&channel=${channel}`), { headers: events })).code,
  'a plain WebSocket': async ({ socketUrl }, channel) => (await refusal(socketUrl(channel))).code,
  'anywire.v1 over WebSocket': async ({ socketUrl }, channel) => {
    const socket = await session(socketUrl())
    socket.say({ type: 'subscribe', subscriptions: [{ channel, offset: '-1' }] })
    return done(socket, (await socket.frame('error')).code)
  },
  'anywire.v1 from the URL': async ({ socketUrl }, channel) => {
    const socket = await session(socketUrl(`${channel}?offset=-1`))
    return done(socket, (await socket.frame('error')).code)
  },
  'anywire.v1 in a batch': async ({ url }, channel) => {
    const frames = (await post(url(), { subscribe: [{ channel, offset: '-1' }] })).json<{ code?: string }[]>()
    return frames.find(({ code }) => code !== undefined)?.code
  },
  'anywire.v1 in a stream': async ({ url }, channel) => {
    const body = JSON.stringify({ subscribe: [{ channel, offset: '-1' }] })
    const told = await stream(url(), { method: 'POST', headers: json, body })
    const { code } = await told.frame<{ code?: string }>('error')
    told.close()
    return code
  },
}

/** Where the right to manage is asked for. */
export const managing: Forms = {
  DELETE: async ({ url }, channel) => (await ask(url(channel), { method: 'DELETE' })).code,
  'a POST that closes': async ({ url }, channel) =>
    (await ask(url(channel), { method: 'POST', headers: { 'Stream-Closed': 'true' } })).code,
}

/** What is asked on the way in, whatever is wanted. */
export const entering: Forms = {
  ...Object.fromEntries(Object.entries(reading).filter(([name]) => !name.startsWith('anywire.v1'))),
  POST: async ({ url }, channel) => (await post(url(channel), 1)).code,
  ...creating,
  DELETE: async ({ url }, channel) => (await ask(url(channel), { method: 'DELETE' })).code,
  'POST on the mount path': async ({ url }, channel) => (await post(url(), { publish: [{ channel, data: 1 }] })).code,
  'a stream on the mount path': async ({ url }, channel) =>
    (await post(url(), { subscribe: [{ channel, offset: '-1' }] }, events)).code,
  'anywire.v1 over WebSocket': async ({ socketUrl }) =>
    (await refusal(socketUrl(), { protocols: ['anywire.v1'] })).code,
  'anywire.v1 from the URL': async ({ socketUrl }, channel) =>
    (await refusal(socketUrl(`${channel}?offset=-1`), { protocols: ['anywire.v1'] })).code,
  'y-websocket': async ({ port }) => (await refusal(`ws://127.0.0.1:${port}/yjs/room`)).code,
}

/** An `auth` frame is answered with the error, and the connection is closed. */
export const byFrame: Form = async ({ socketUrl }) => {
  const socket = await session(socketUrl())
  socket.say({ type: 'auth', token: 'x' })
  const { code } = await socket.frame('error')
  const closed = await socket.closed
  return closed.code === 4000 + meanings[code as ErrorCode].http ? String(code) : `closed with ${closed.code}`
}

/** y-websocket's own: who may not read is refused, who may not write is told so, and reads on. */
export const documents = {
  read: async ({ port }: HubServer) => {
    const url = `ws://127.0.0.1:${port}/yjs/room`
    const opened = await connect(url).catch((error: Error) => Number(/\d{3}$/.exec(error.message)?.[0]))
    return codes[typeof opened === 'number' ? opened : (await opened.closed).code - 4_000]
  },
  write: async ({ port }: HubServer) => {
    const socket = await connect(`ws://127.0.0.1:${port}/yjs/room`)
    const doc = new Y.Doc()
    doc.getText().insert(0, 'x')
    const update = Y.encodeStateAsUpdate(doc)
    socket.send(Buffer.from([0, 2, update.length, ...update]))
    for (;;) {
      const heard = await socket.next().catch(() => undefined)
      if (heard === undefined) return codes[(await socket.closed).code - 4_000]
      const denied = Buffer.isBuffer(heard) && heard[0] === 2
      if (denied) return done(socket, 'forbidden')
    }
  },
}

function done(socket: Socket, code: unknown): string | undefined {
  socket.close()
  return code as string | undefined
}
