/** What the test servers and clients speak: HTTP/1.1, unless a file of tests says otherwise before it loads others. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request as openHttp1, type Server } from 'node:http'
import { createServer as createHttp2Server, createSecureServer } from 'node:http2'
import { request as openHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { type Http2Options, http2Options } from '../../src/index.js'
import { askHttp2 } from './clients/http2-client.js'
import type { Asked } from './clients/request.js'
import { type Certificate, localhost } from './localhost-certificate.js'

/** `h2c` is HTTP/2 without TLS. */
export type Speech = 'http/1.1' | 'h2c' | 'h2'

export interface SpeechOptions extends Http2Options {
  /** @default one that nobody has signed */
  readonly certificate?: Certificate
}

let speech: Speech = 'http/1.1'
let given: SpeechOptions = {}

/** For all servers and clients from here on. */
export function speak(one: Speech, options: SpeechOptions = {}): void {
  speech = one
  given = options
}

export function spoken(): Speech {
  return speech
}

export function scheme(): 'http' | 'https' {
  return speech === 'h2' ? 'https' : 'http'
}

/** What says that the connection ends with the answer: HTTP/2 has other words for that. */
export function closing(): Readonly<Record<string, string>> {
  return speech === 'http/1.1' ? { connection: 'close' } : {}
}

/** A server whose limits are those that the package gives; typed as the one of HTTP/1.1, whose part is used that all have. */
export function createTestServer(): Server {
  switch (speech) {
    case 'http/1.1':
      return createServer()
    case 'h2c':
      return createHttp2Server(http2Options(given)) as unknown as Server
    case 'h2':
      return createSecureServer({ ...(given.certificate ?? localhost()), ...http2Options(given) }) as unknown as Server
  }
}

export interface Opened {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
  /** The client is gone. */
  leave(): void
}

/** One request on a connection of its own, as far as the head of its answer. */
export function open(url: string, asked: Asked): Promise<Opened> {
  return speech === 'http/1.1' ? askHttp1(url, asked) : askHttp2(url, asked)
}

/** The same over HTTP/1.1, with TLS or without. */
export async function askHttp1(url: string, asked: Asked): Promise<Opened> {
  const { method = 'GET', headers = {}, body, signal } = asked
  const options = { method, headers, agent: false, rejectUnauthorized: false, ...(signal && { signal }) } as const
  const request = url.startsWith('https:') ? openHttps(url, options) : openHttp1(url, options)
  request.end(body)
  const [response] = await once(request, 'response')
  request.on('error', () => undefined)
  return { status: response.statusCode, headers: response.headers, body: response, leave: () => request.destroy() }
}
