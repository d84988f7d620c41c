/** Naive `ws`: the broadcast of its own documentation. */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { listen } from './control.mjs'

const http = createServer()
const server = new WebSocketServer({ server: http })
server.on('connection', (webSocket) => webSocket.on('error', () => undefined))

listen(http, (message, done) => {
  for (const client of server.clients) {
    if (client.readyState === 1) client.send(message, { binary: false })
  }
  done()
})
