/** A folder of pages for one test, and servers of it. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Pages, type PagesOptions, pages } from '../../src/index.js'
import { listen } from '../support/hub-server.js'
import { createTestServer } from '../support/transport.js'

export const html = (...assets: string[]) => `<!doctype html><title>A page</title>${assets.join('')}<p>Hello`
export const style = '<link rel="stylesheet" href="/style.css">'

export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-pages-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** Answers what the handler leaves to the program. */
export type Program = (request: Http2ServerRequest, response: Http2ServerResponse, site: Pages) => void

/** A server of these files; `program` comes before them. */
export async function serveSite(
  files: Readonly<Record<string, string>>,
  options: PagesOptions = {},
  program?: Program,
) {
  const folder = folderOf(files)
  const site = pages(folder, options)
  const server: Server = createTestServer()
  server.on('request', (request, response) =>
    program ? program(request as never, response as never, site) : site(request, response),
  )
  return { folder, site, server, origin: await listen(server) }
}

/** What a client of HTTP/2 was sent: heads of information, pushes, and the answer. */
export interface Taken {
  readonly status: number
  readonly text: string
  readonly hints: string[]
}

/** A client of HTTP/2 that takes pushes, as Node's does, unless told otherwise. */
export class PushClient {
  readonly session: ClientHttp2Session
  /** Paths, with the texts that came. */
  readonly pushed: { path: string; text: Promise<string>; stream: ClientHttp2Stream }[] = []

  constructor(origin: string, settings: SecureClientSessionOptions['settings'] = {}) {
    this.session = connect(origin, { settings, rejectUnauthorized: false })
    this.session.on('error', () => undefined)
    this.session.on('stream', (stream, { ':path': path }) => {
      this.pushed.push({ path: path!, text: textOf(stream), stream })
    })
    onTestFinished(() => this.session.destroy())
  }

  get paths(): string[] {
    return this.pushed.map(({ path }) => path)
  }

  async get(path: string, headers: IncomingHttpHeaders = {}): Promise<Taken> {
    const stream = this.session.request({ ':path': path, ...headers })
    const hints: string[] = []
    stream.on('headers', (head) => void hints.push(String(head.link)))
    const text = textOf(stream)
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
    return { status: head[':status'], text: await text, hints }
  }
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  stream.on('error', () => undefined)
  stream.setEncoding('utf8')
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  await new Promise((resolve) => stream.once('close', resolve))
  return text
}
