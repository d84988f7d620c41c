/** Who is measured: the columns of the table. */
import { anywire } from './products/anywire.mjs'
import { durableLongPoll, durableSse } from './products/durable.mjs'
import { socketIo, socketIoWebSocket } from './products/socketio.mjs'

/** @typedef {{ name: string, server: 'anywire' | 'socketio', open: import('./trial.mjs').Open, ours?: boolean }} Product */

/** @type {Record<string, Product>} */
export const products = {
  anywire: { name: '**Anywire**', server: 'anywire', open: anywire, ours: true },
  socketio: { name: 'Socket.IO', server: 'socketio', open: socketIo },
  'socketio-websocket': { name: 'Socket.IO, WebSocket first', server: 'socketio', open: socketIoWebSocket },
  'durable-sse': { name: 'durable-streams, SSE', server: 'anywire', open: durableSse },
  'durable-poll': { name: 'durable-streams, long poll', server: 'anywire', open: durableLongPoll },
}
