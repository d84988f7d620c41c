/** Checks the arguments of `hub.attach` and `hub.handle`, with an error that says what to pass instead. */
import { Server as HttpServer } from 'node:http'
import { Server } from 'node:net'
import { AnywireError } from '../../protocol/error.js'

/** @throws AnywireError `bad-request` that says what to pass instead. */
export function checkServer(server: unknown): void {
  // In Bun a server of HTTP is none of `node:net`.
  if (server instanceof Server || server instanceof HttpServer) return
  throw new AnywireError('bad-request', `hub.attach takes the server that listens, ${insteadOf(server)}`)
}

function insteadOf(value: unknown): string {
  if (typeof value === 'function')
    return (
      'not an application: `const server = app.listen(3000); hub.attach(server)`, or use hub.handle and ' +
      'hub.upgrade.'
    )
  if (typeof value === 'object' && value !== null) {
    if ('server' in value && value.server instanceof Server)
      return 'not the application around it: `hub.attach(app.server)`.'
    return 'one of node:http, node:https or node:http2; another object came.'
  }
  return `one of node:http, node:https or node:http2; ${String(value)} came.`
}

/** @throws AnywireError `bad-request` for what is no request and response of Node. */
export function checkAsked(request: unknown, response: unknown): void {
  if (isObject(request) && 'headers' in request && isObject(response) && 'writeHead' in response) return
  throw new AnywireError(
    'bad-request',
    "hub.handle takes the request and the response of Node's server; of a framework they are, for example, " +
      '`request.raw` and `reply.raw`.',
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
