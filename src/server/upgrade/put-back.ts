/** Requests that offer another protocol than WebSocket (`Upgrade: h2c`), answered as plain ones. RFC 9110 §7.8. */
import type { IncomingMessage, OutgoingMessage } from 'node:http'
import type { Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export function offersWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** The server that a request came to; undefined if the socket does not say. */
export function serverOf({ socket }: IncomingMessage): Server | undefined {
  return (socket as { readonly server?: Server }).server
}

interface HttpSocket extends Socket {
  /** Node's: the answer that is being written. */
  readonly _httpMessage?: OutgoingMessage | null
}

/**
 * Node lets go of the socket of a request with `Upgrade` once anybody listens to 'upgrade', and does not read its body.
 * Here the request is put back in front of what follows, without its offer, and the server reads the connection from
 * there on, as it reads any.
 */
export function putBack(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  socket.on('error', destroyed)
  const again = () => {
    if (socket.destroyed) return
    // Requests of this connection that came before are answered first.
    const { _httpMessage: before } = socket as HttpSocket
    if (before) return void before.once('close', () => setImmediate(again))
    socket.off('error', destroyed)
    // The keep-alive timeout after an answer does not apply to this request.
    socket.setTimeout(0)
    socket.unshift(Buffer.concat([headOf(request), head]))
    begin(server, socket)
  }
  again()
}

/** Only Node's own listener: the others have seen this connection already. */
function begin(server: Server, socket: Socket): void {
  const event = socket instanceof TLSSocket ? 'secureConnection' : 'connection'
  const own = server.listeners(event).filter(({ name }) => name === 'connectionListener')
  if (own.length === 0) server.emit(event, socket)
  for (const listener of own) listener.call(server, socket)
}

const offers: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

/** The head as it came, without the offer and the options of the connection that belong to it. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    const field = name.toLowerCase()
    const kept = field === 'connection' ? withoutOffers(value) : value
    if (!offers.has(field) && (field !== 'connection' || kept !== '')) lines.push(`${name}: ${kept}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function withoutOffers(value: string): string {
  const options = value.split(',').map((option) => option.trim())
  return options.filter((option) => !offers.has(option.toLowerCase())).join(', ')
}

function destroyed(this: Socket): void {
  this.destroy()
}
