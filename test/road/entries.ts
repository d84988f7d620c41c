/** Every way in which a message enters a hub, behind one call. PROTOCOL.md 3.1, 3.5, 4. */
import { AnywireError } from '../../src/index.js'
import { type Answer, ask } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import type { HubServer } from '../support/hub-server.js'

export interface Message {
  /** JSON, or what is sent in its place. */
  readonly body: string | Uint8Array
  readonly key?: string | undefined
  readonly event?: string | undefined
  /** @default application/json */
  readonly contentType?: string
}

/** The code of the refusal; undefined if the message was taken. */
export type Verdict = string | undefined

export interface Entry {
  readonly name: string
  /** Rules are asked: it is not the server itself. */
  readonly client: boolean
  /** A key and an event go with the message. */
  readonly fields: boolean
  /** The bytes arrive as they were sent. */
  readonly raw: boolean
  /** The content type is named by the sender. */
  readonly typed: boolean
  /** How many messages one call may hold. */
  readonly list: boolean
  send(server: HubServer, channel: string, message: Message): Promise<Verdict>
}

const client = { client: true, fields: true, raw: true, typed: false, list: false }
const own = { client: false, fields: true, raw: false, typed: false, list: false }

const put = async ({ url }: HubServer, channel: string, message: Message) =>
  verdict(await ask(url(channel), { method: 'PUT', headers: headersOf(message), body: message.body }))

const post = async ({ url }: HubServer, channel: string, message: Message) =>
  verdict(await ask(url(channel), { method: 'POST', headers: headersOf(message), body: message.body }))

export const entries: readonly Entry[] = [
  { ...client, name: 'POST', typed: true, send: post },
  {
    ...client,
    name: 'POST of an array',
    typed: true,
    list: true,
    send: (...all) => post(all[0], all[1], listed(all[2])),
  },
  { ...client, name: 'PUT', typed: true, send: put },
  {
    ...client,
    name: 'PUT of an array',
    typed: true,
    list: true,
    send: (...all) => put(all[0], all[1], listed(all[2])),
  },
  {
    ...client,
    name: 'anywire.v1 over WebSocket',
    raw: false,
    async send({ socketUrl }, channel, message) {
      const socket = await session(socketUrl())
      socket.send(`{"type":"publish","id":1,${publishText(channel, message)}}`)
      return codeOf(await Promise.race([socket.frame<Frame>('published'), socket.frame<Frame>('error')]))
    },
  },
  {
    ...client,
    name: 'anywire.v1 over a batch',
    raw: false,
    async send({ url }, channel, message) {
      const answer = await ask(url(), {
        method: 'POST',
        headers: json,
        body: `{"publish":[{${publishText(channel, message)}}]}`,
      })
      return answer.status === 200 ? codeOf(answer.json<Frame[]>()[0]!) : verdict(answer)
    },
  },
  {
    ...client,
    name: 'anywire.v1 over a stream',
    raw: false,
    async send({ url }, channel, message) {
      const body = `{"publish":[{${publishText(channel, message)}}]}`
      const events = await stream(url(), { method: 'POST', headers: { ...json, Accept: 'text/event-stream' }, body })
      if (events.status !== 200) return statuses[events.status]
      while (true) {
        const frame = JSON.parse((await events.next()).data) as Frame
        if (frame.type === 'welcome') continue
        events.close()
        return codeOf(frame)
      }
    },
  },
  {
    ...client,
    name: 'plain WebSocket',
    fields: false,
    async send({ socketUrl }, channel, { body }) {
      const socket = await connect(socketUrl(channel)).catch((error: Error) => error)
      if (socket instanceof Error) return statuses[Number(/\d+$/.exec(socket.message)?.[0])]
      socket.send(body)
      // Who publishes reads what was published, unless it was refused.
      const heard = JSON.parse(String(await socket.next()))
      socket.close()
      return heard?.error?.code
    },
  },
  {
    ...own,
    name: 'hub.publish',
    send: ({ hub }, channel, { body, ...fields }) => told(hub.publish(channel, JSON.parse(String(body)), fields)),
  },
  {
    ...own,
    name: 'hub.publishBatch',
    send: ({ hub }, channel, { body, ...fields }) =>
      told(hub.publishBatch(channel, [{ data: 'before' }, { data: JSON.parse(String(body)), ...fields }])),
  },
]

interface Frame {
  readonly type: string
  readonly code?: string
}

const json = { 'Content-Type': 'application/json' }
const statuses: Readonly<Record<number, string>> = {
  400: 'bad-request',
  403: 'forbidden',
  413: 'too-large',
  429: 'too-many',
}

function headersOf({ key, event, contentType = 'application/json' }: Message): Record<string, string> {
  return {
    'Content-Type': contentType,
    ...(key !== undefined && { 'Message-Key': encodeURIComponent(key) }),
    ...(event !== undefined && { 'Message-Event': encodeURIComponent(event) }),
  }
}

/** The message after another one, so that what holds for each is seen to hold for the last. */
function listed(message: Message): Message {
  if ((message.contentType ?? 'application/json') !== 'application/json') return message
  const body = Buffer.concat([Buffer.from('["before",'), Buffer.from(message.body), Buffer.from(']')])
  return { ...message, body }
}

function publishText(channel: string, { body, key, event }: Message): string {
  return `"channel":${JSON.stringify(channel)},"data":${String(body)},${JSON.stringify({ key, event }).slice(1, -1) || '"x":1'}`
}

function verdict({ status, code }: Answer): Verdict {
  return status < 300 ? undefined : (code ?? `status ${status}`)
}

function codeOf(frame: Frame): Verdict {
  return frame.type === 'error' ? frame.code : undefined
}

function told(promise: Promise<unknown>): Promise<Verdict> {
  return promise.then(
    () => undefined,
    (thrown) => (thrown instanceof AnywireError ? thrown.code : `no AnywireError: ${thrown}`),
  )
}
