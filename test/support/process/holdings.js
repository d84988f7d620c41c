/** What this process holds after a full collection of garbage: memory, sockets, listeners, and objects by class. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { WebSocket } from 'ws'
import { Channel } from '../../../dist/core/reading/channel.js'
import { Connection } from '../../../dist/core/reading/connection.js'
import { Subscription } from '../../../dist/core/reading/subscription.js'

const kinds = [Channel, Connection, Subscription, Socket, WebSocket, IncomingMessage, ServerResponse]
const events = ['request', 'upgrade', 'connection', 'close', 'error']

/**
 * @param {import('node:events').EventEmitter} server
 * @param {{ objects?: boolean }} asked `objects`: looks through the whole heap.
 */
export async function holdingsOf(server, { objects = false }) {
  for (let i = 0; i < 3; i++) {
    await sleep(10)
    global.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return {
    bytes: heapUsed + external,
    sockets: process.getActiveResourcesInfo().filter((kind) => /TCPSocketWrap|HTTP|Pipe/.test(kind)).length,
    listeners: events.reduce((sum, event) => sum + server.listenerCount(event), 0),
    alive: objects && Object.fromEntries(kinds.map((kind) => [kind.name, queryObjects(kind)])),
  }
}
