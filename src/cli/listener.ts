/** The server of `anywire serve`: HTTP/1.1, and HTTP/2 with TLS or for a proxy that speaks it without. */
import { existsSync, readFileSync, watch } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer, type Http2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { dirname } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type AttachableServer, http2Options } from '../index.js'
import { AnywireError } from '../protocol/index.js'
import { type CertificateFiles, localhostFiles } from '../tls/local-certificate.js'
import { createPlainPort } from './plain-port.js'

export interface ListenerOptions {
  readonly tls?: boolean | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly h2c?: boolean | undefined
}

export interface Listener {
  /** The one that listens. */
  readonly server: AttachableServer
  /** All that answer what comes to it. */
  readonly servers: readonly AttachableServer[]
  readonly scheme: 'http' | 'https'
  /**
   * Reads the certificate again. What it answers lets it count: connections stay, new ones see it. Absent without TLS.
   * @throws for a pair that does not fit
   */
  readonly renewal?: () => () => void
  /** Lets what is under way end for `graceMs`, then ends all connections. */
  close(graceMs: number): Promise<void>
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/**
 * How long an idle connection of HTTP/1.1 is kept for the next request. Longer than proxies keep theirs (nginx, and most
 * balancers: 60 s): whoever ends first must be the one that asks, or a request meets a closed connection and is lost.
 */
export const keepAliveMs = 65_000

/** `say` is told of each renewal. @throws AnywireError `bad-request` for files that hold no certificate and its key. */
export async function createListener(
  options: ListenerOptions,
  answer: Answer,
  say: (line: string) => void = console.log,
): Promise<Listener> {
  const files = await filesOf(options)
  const respond = (request: unknown, response: unknown) =>
    answer(request as IncomingMessage, response as ServerResponse)
  if (options.h2c) {
    const { server, http2 } = createPlainPort(respond)
    return listener(server, 'http', http2)
  }
  if (!files) {
    return listener(createServer(respond), 'http')
  }
  const server = createSecureServer({ ...http2Options(), ...contextOf(files) }, respond)
  const renewal = () => renewed(server, files, say)
  const unwatch = watchFiles(files, renewal)
  const made = listener(server, 'https')
  return {
    ...made,
    renewal,
    close(graceMs) {
      unwatch()
      return made.close(graceMs)
    },
  }
}

async function filesOf({ tls, cert, key }: ListenerOptions): Promise<CertificateFiles | undefined> {
  if (cert !== undefined && key !== undefined) return { cert, key }
  return tls ? localhostFiles() : undefined
}

function contextOf(files: CertificateFiles) {
  for (const file of [files.cert, files.key])
    if (!existsSync(file)) throw new AnywireError('bad-request', `There is no file ${file}.`)
  return { cert: readFileSync(files.cert), key: readFileSync(files.key) }
}

function renewed(server: Http2SecureServer, files: CertificateFiles, say: (line: string) => void): () => void {
  const { minVersion, ciphers, honorCipherOrder } = http2Options()
  const context = { minVersion, ciphers, honorCipherOrder, ...contextOf(files) }
  createSecureContext(context)
  return () => {
    server.setSecureContext(context)
    say('certificate loaded')
  }
}

/** Takes over a certificate when its files change. A pair that does not fit changes nothing. */
function watchFiles(files: CertificateFiles, renewal: () => () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const read = () => {
    try {
      renewal()()
    } catch (error) {
      console.error(`the certificate stays as it was: ${error instanceof Error ? error.message : error}`)
    }
  }
  const soon = () => {
    // Two files change one after the other.
    clearTimeout(timer)
    timer = setTimeout(read, 300)
  }
  // A file that is replaced is another file: its folder is what can be watched.
  const watchers = [...new Set([dirname(files.cert), dirname(files.key)])].map((folder) =>
    watch(folder, { persistent: false }, soon),
  )
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

function listener(server: AttachableServer, scheme: Listener['scheme'], http2 = server): Listener {
  for (const one of [server, http2]) (one as { keepAliveTimeout?: number }).keepAliveTimeout = keepAliveMs
  const net: Server = server
  const sockets = new Set<Socket>()
  const sessions = new Set<Http2Session>()
  net.on('connection', (socket) => gather(sockets, socket))
  const other: Server = http2
  other.on('session', (session: Http2Session) => gather(sessions, session))
  return {
    server,
    servers: http2 === server ? [server] : [server, http2],
    scheme,
    async close(graceMs) {
      for (const session of sessions) session.close()
      // Those that wait for no answer. The others end with it. A port of two protocols cannot tell.
      if ('closeIdleConnections' in server) server.closeIdleConnections()
      await Promise.race([
        Promise.all(
          [...sessions, ...sockets].map((one) => new Promise<void>((done) => one.once('close', () => done()))),
        ),
        new Promise((done) => setTimeout(done, graceMs).unref()),
      ])
      for (const socket of sockets) socket.destroy()
    },
  }
}

function gather<T extends { once(event: 'close', listener: () => void): unknown }>(all: Set<T>, one: T): void {
  all.add(one)
  one.once('close', () => all.delete(one))
}
