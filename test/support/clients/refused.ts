/** What each form is answered that asks for the channel `n` and is not let in. */
import type { HubServer } from '../hub-server.js'
import type { Form } from './readers.js'
import { ask, post } from './request.js'
import { refusal } from './socket.js'

export interface Refused {
  readonly status: number
  readonly code?: string | undefined
  readonly headers?: Readonly<Record<string, unknown>>
}

/** Each resolves with the answer to its first request. */
export const asks: Readonly<Record<Form, (server: HubServer, headers: Record<string, string>) => Promise<Refused>>> = {
  'plain SSE': ({ url }, headers) => ask(url('n'), { headers: { ...headers, Accept: 'text/event-stream' } }),
  'durable SSE': ({ url }, headers) => ask(url('n?live=sse&offset=now'), { headers }),
  'many channels': ({ url }, headers) =>
    ask(url('?channel=m&channel=n'), { headers: { ...headers, Accept: 'text/event-stream' } }),
  'anywire.v1 over POST': ({ url }, headers) =>
    post(url(), { subscribe: [{ channel: 'n' }] }, { ...headers, Accept: 'text/event-stream' }),
  'durable long poll': ({ url }, headers) => ask(url('n?live=long-poll&offset=now'), { headers }),
  'plain poll': ({ url }, headers) => ask(url('n?live=poll'), { headers }),
  'a batch': ({ url }, headers) => post(url(), { subscribe: [{ channel: 'n' }] }, headers),
  'plain WebSocket': ({ socketUrl }, headers) => refusal(socketUrl('n'), { headers }),
  'anywire.v1': ({ socketUrl }, headers) => refusal(socketUrl(), { headers, protocols: ['anywire.v1'] }),
}
