/** How each kind of subscriber gets in. */
import { PollForm } from './poll-reader.mjs'
import { Form } from './reader.mjs'

const upgrade = (/** @type {string} */ path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`
const stream = (/** @type {string} */ path) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`

/** A plain WebSocket on a channel of a given name. @param {string} name */
export const readerOf = (name) => new Form({ request: upgrade(`/channels/${name}`), frames: true, until: '\r\n\r\n' })

/** A long poll of a channel of a given name. @param {string} name */
export const pollOf = (name) => new PollForm(`/channels/${name}`)

/** Socket.IO's CONNECT packet in a frame masked with zeros. */
const connect = Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')])
const channel = '/channels/bench'

export const forms = {
  bare: new Form({ request: '', until: 'hello\n' }),
  webSocket: new Form({ request: upgrade('/'), frames: true, until: '\r\n\r\n' }),
  sse: new Form({ request: stream('/'), until: ': hello\n' }),
  pending: new PollForm('/'),
  socketIo: new Form({
    request: upgrade('/socket.io/?EIO=4&transport=websocket'),
    frames: true,
    until: '40{',
    reply: connect,
  }),
  anywirePlain: new Form({ request: upgrade(channel), frames: true, until: '\r\n\r\n' }),
  anywireFromStart: new Form({ request: upgrade(`${channel}?offset=-1`), frames: true, until: '\r\n\r\n' }),
  anywireV1: new Form({
    request: upgrade(`${channel}?offset=now`, 'Sec-WebSocket-Protocol: anywire.v1\r\n'),
    frames: true,
    until: '"subscribed"',
  }),
  anywireSse: new Form({ request: stream(channel), until: 'id: ' }),
  anywirePoll: new PollForm(channel),
}
