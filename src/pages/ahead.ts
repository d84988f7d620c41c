/** Tells a client of a page's assets before the page is there: by 103 Early Hints, or by Server Push. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { urlOf } from '../server/http/target.js'
import { streamOf } from '../wires/http2.js'
import type { Asset, Folder } from './folder.js'

/** Sends a file of the folder on a stream that was pushed. */
export type SendPushed = (name: string, response: Http2ServerResponse) => void

/** What the client of each session has of the folder, if it takes pushes: it was sent, or asked for by itself. */
const had = new WeakMap<Http2Session, Set<string>>()

/** Notes that a client has a file; false: it had it before. Of a client that takes no pushes nothing is noted. */
export function note(stream: ServerHttp2Stream, file: string): boolean {
  const { session } = stream
  if (!stream.pushAllowed || !session) return false
  const files = had.get(session) ?? new Set()
  had.set(session, files)
  if (files.has(file)) return false
  files.add(file)
  return true
}

/**
 * HTTP/1.1 gets nothing: many of its clients and proxies take a 103 for the answer. Browsers profit when they open a
 * page, and they all say that they do. A client that has the page has its assets too: nothing is pushed to who asks
 * whether the page has changed.
 */
export async function tellAhead(
  folder: Folder,
  page: string,
  request: IncomingMessage,
  response: ServerResponse,
  sendPushed: SendPushed,
): Promise<void> {
  const stream = streamOf(response)
  if (!stream || request.method !== 'GET' || request.headers.range !== undefined) return
  const pushes = stream.pushAllowed && !isConditional(request)
  if (!pushes && request.headers['sec-fetch-dest'] !== 'document') return
  const assets = await folder.assetsOf(page, urlOf(request)).catch(() => [])
  if (pushes) await pushAll(folder, assets, stream, sendPushed)
  else if (assets.length > 0 && isOpen(stream)) response.writeEarlyHints({ link: assets.map(({ link }) => link) })
}

async function pushAll(folder: Folder, assets: readonly Asset[], stream: ServerHttp2Stream, sendPushed: SendPushed) {
  for (const { url } of assets) {
    const name = folder.nameOf(url)
    if (name === undefined || !(await folder.has(name))) continue
    // After its page a push would come too late: the client has begun to ask for itself.
    if (!isOpen(stream) || !note(stream, folder.pathOf(name))) continue
    stream.pushStream({ ':path': url }, (failed, pushed) => {
      if (failed) return
      // Without a request nobody else hears that a client refused it.
      pushed.on('error', () => undefined)
      sendPushed(name, new Http2ServerResponse(pushed))
    })
  }
}

/** Lets go of a push that came to nothing. */
export function withdraw({ stream }: Http2ServerResponse): void {
  if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL)
}

const isOpen = (stream: ServerHttp2Stream) => !stream.destroyed && !stream.closed && !stream.headersSent

function isConditional({ headers }: IncomingMessage): boolean {
  return headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined
}
