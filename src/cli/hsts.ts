/** `Strict-Transport-Security` on every answer of a server, whoever gives it. RFC 6797 */
import { ServerResponse } from 'node:http'
import type { OutgoingHttpHeaders, ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2'
import type { AttachableServer } from '../index.js'

const name = 'strict-transport-security'

/** To be called when the hub is attached: it sees a request before the hub does. */
export function addHsts(server: AttachableServer, seconds: number): void {
  const value = `max-age=${seconds}`
  const emit: (event: string, ...values: unknown[]) => boolean = server.emit.bind(server)
  Object.assign(server, {
    emit(event: string, ...values: unknown[]) {
      const [first, second] = values
      if (event === 'stream') respondWith(first as ServerHttp2Stream, value)
      else if (second instanceof ServerResponse) second.setHeader(name, value)
      return emit(event, ...values)
    },
  })
}

function respondWith(stream: ServerHttp2Stream, value: string): void {
  const respond = stream.respond.bind(stream)
  stream.respond = (headers?: OutgoingHttpHeaders, options?: ServerStreamResponseOptions) =>
    respond({ [name]: value, ...headers }, options)
}
