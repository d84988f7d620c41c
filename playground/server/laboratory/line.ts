/** Hands a visitor's requests on to a port, and what comes back to the visitor: bytes as they come, ends as they are. */
import { Agent, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'

const host = '127.0.0.1'
/** For each connection of a visitor one of ours: what happens to one of them happens to the other. */
const agents = new WeakMap<Socket, Agent>()

export function handOn(port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers, socket } = request
  const onward = ask({ host, port, method, path: url, headers, agent: agentOf(socket) })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    response.flushHeaders()
    pipeline(answer, response, () => undefined)
  })
  onward.on('error', () => socket.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

export function handOnUpgrade(port: number, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, rawHeaders } = request
  const fields = rawHeaders.map((text, i) => text + (i % 2 ? '\r\n' : ': '))
  const onward = connect({ host, port, noDelay: true })
  onward.write(`${method} ${url} HTTP/1.1\r\n${fields.join('')}\r\n`)
  onward.write(head)
  pipeline(socket, onward, socket, () => {
    socket.destroy()
    onward.destroy()
  })
}

function agentOf(socket: Socket): Agent {
  const known = agents.get(socket)
  if (known) return known
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agents.set(socket, agent)
  socket.once('close', () => agent.destroy())
  return agent
}
