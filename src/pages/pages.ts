/** `pages`: serves a folder of pages, and tells clients of a page's assets before the page is there. */
import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AnywireError } from '../protocol/error.js'
import { contained } from '../server/contained.js'
import { checkPath, urlOf } from '../server/http/target.js'
import { streamOf } from '../wires/http2.js'
import { note, tellAhead, withdraw } from './ahead.js'
import { sendFile } from './file.js'
import { Folder } from './folder.js'
import { readManifest } from './manifest.js'

export interface PagesOptions {
  /** The mount path: what stands before the folder's files in URLs, such as `/app`. @default none */
  readonly path?: string | undefined
  /**
   * A folder below it whose files never change, because their names do, such as Vite's `assets`. Clients keep them for
   * a year. All other files, except pages, are kept for 10 s.
   * @default none
   */
  readonly immutable?: string | undefined
  /**
   * Vite's manifest below it, such as `.vite/manifest.json`. `ahead` needs it for entries whose HTML the program makes.
   * @default none
   */
  readonly manifest?: string | undefined
  /**
   * Assets of a page that are named ahead or pushed. Each costs every first visit some 60 bytes.
   * @default 32
   * @unit files
   */
  readonly mostAssets?: number | undefined
  /**
   * Serve files outside of the folder to which its symbolic links lead. Whoever may make a link there can then read any
   * file of this program.
   * @default false
   */
  readonly outerLinks?: boolean | undefined
}

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

export interface Pages {
  /**
   * Answers with a file: for `createServer` of `node:http`, `node:https` and `node:http2`, or as a middleware: what is
   * not in the folder goes to `next`, or is answered 404 without one. Over HTTP/2 a page's assets are told of first
   * (see `ahead`).
   */
  (request: Request, response: Response, next?: () => void): void
  /**
   * For a page that the program makes, and that takes a while: tells a browser of its assets by 103 Early Hints, or
   * pushes those of the folder to a client that takes Server Push; none twice in a session, and none to a client that
   * says it has the page. To be awaited before the page's head is written. Over HTTP/1.1 nothing is sent: clients and
   * proxies there take a 103 for the answer.
   *
   * `page` is an HTML file of the folder that names the same assets, or an entry of the manifest, as `src/main.ts`.
   */
  ahead(request: Request, response: Response, page: string): Promise<void>
}

/** @throws AnywireError `bad-request` if there is no such folder, or no manifest where one is named. */
export function pages(folder: string | URL, options: PagesOptions = {}): Pages {
  const { path, immutable, manifest, mostAssets = 32, outerLinks = false } = options
  const mount = path === undefined ? '' : checkPath(path)
  const root = resolve(typeof folder === 'string' ? folder : fileURLToPath(folder))
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new AnywireError('bad-request', `There is no folder ${root} to serve pages from.`)
  const known = manifest === undefined ? {} : readManifest(join(root, manifest))
  const files = new Folder(root, { mount, manifest: known, mostAssets, outerLinks })
  const lasting = immutable && `${immutable.replace(/^\/|\/$/g, '')}/`
  const served = (name: string) => ({ root, name, kept: keptFor(name, lasting) })

  const sendPushed = (name: string, response: Http2ServerResponse) => {
    const asked = { method: 'GET', headers: {} }
    const refused = () => withdraw(response)
    sendFile(asked, response as unknown as ServerResponse, served(name), { refused }).catch(refused)
  }

  const ahead = (request: IncomingMessage, response: ServerResponse, page: string) =>
    tellAhead(files, page, request, response, sendPushed)

  const serve = async (request: IncomingMessage, response: ServerResponse, missing: () => void) => {
    const url = urlOf(request)
    const name = files.nameOf(url)
    if (name === undefined || !(await files.holds(name))) return missing()
    if (name.endsWith('.html')) await ahead(request, response, name)
    const stream = streamOf(response)
    await sendFile(request, response, served(name), {
      found: () => stream && request.method === 'GET' && note(stream, files.pathOf(name)),
      refused(status, headers = {}) {
        if (status === 301) answer(response, 301, `The folder is at ${atFolder(url)}`, { location: atFolder(url) })
        else if (status === 404) missing()
        else answer(response, status, sentences[status] ?? 'This cannot be served.', headers)
      },
    })
  }

  const handle = (...[asked, answered, next]: Parameters<Pages>) => {
    // What HTTP/2 gives has the shape of what HTTP/1.1 does, in all that is used of it here.
    const [request, response] = [asked as IncomingMessage, answered as ServerResponse]
    const reads = request.method === 'GET' || request.method === 'HEAD'
    const missing = () => answer(response, 404, 'There is no such page.')
    if (reads)
      contained(
        () => serve(request, response, next ?? missing),
        () => (response.headersSent ? response.destroy() : answer(response, 500, 'The server failed.')),
        () => response.destroy(),
      )
    else if (next) next()
    else answer(response, 405, 'Pages answer GET and HEAD.', { allow: 'GET, HEAD' })
  }
  return Object.assign(handle, {
    ahead: (...[request, response, page]: Parameters<Pages['ahead']>) =>
      ahead(request as IncomingMessage, response as ServerResponse, page),
  })
}

/**
 * A page is asked for anew each time. What it loads would be asked for a second time if it were out of date by the time
 * the page is there.
 */
function keptFor(name: string, lasting: string | undefined) {
  if (lasting && name.startsWith(lasting)) return { maxAge: 31_536_000_000, immutable: true }
  return { maxAge: name.endsWith('.html') ? 0 : 10_000 }
}

const sentences: Readonly<Record<number, string>> = {
  412: 'The file is another one than the request asks for.',
  416: 'The file has no such range.',
}

function atFolder(url: string): string {
  const [path = '', ...query] = url.split('?')
  return [`${path}/`, ...query].join('?')
}

function answer(response: ServerResponse, status: number, sentence: string, headers: Record<string, string> = {}) {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(`${sentence}\n`)
}
