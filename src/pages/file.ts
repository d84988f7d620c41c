/** One file as an answer: ranges, conditions and types are what `send` does; here is what it leaves open. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { limitDefaults } from '../core/limits.js'
import { abandon, destroyOnReset, streamOf } from '../wires/http2.js'

/** What is read of a request; a file that is pushed has none of its own. */
export interface Asked {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

export interface Served {
  readonly root: string
  /** Below the root. */
  readonly name: string
  /** What its clients are told of how long they may keep it, in milliseconds, and whether it can change at all. */
  readonly kept: { readonly maxAge: number; readonly immutable?: boolean }
}

export interface Hears {
  /** There is such a file. */
  found?(): void
  /** Why nothing of it was sent: a status, with the fields that belong to it. */
  refused(status: number, headers?: Readonly<Record<string, string>>): void
}

export async function sendFile(
  asked: Asked,
  response: ServerResponse,
  { root, name, kept }: Served,
  { found, refused }: Hears,
): Promise<void> {
  const { default: send } = await import('send')
  if (response.destroyed) return
  endWithin(response)
  if (!response.hasHeader('x-content-type-options')) response.setHeader('x-content-type-options', 'nosniff')
  const path = `/${name.split('/').map(encodeURIComponent).join('/')}`
  send(asked as Readable & Asked, path, { root, index: false, ...kept })
    .on('file', () => found?.())
    .on('directory', () => refused(301))
    .on('error', ({ status, headers }: { status: number; headers?: Record<string, string> }) => {
      if (response.headersSent) response.destroy()
      else refused(status, headers)
    })
    // Where a stream of HTTP/2 ends before its session, `send` would keep the file open.
    .on('stream', (file: Readable) => response.once('close', () => file.destroy()))
    .pipe(response)
}

/** Nobody holds a file open by taking nothing of it. */
function endWithin(response: ServerResponse): void {
  const stream = streamOf(response)
  if (stream) {
    destroyOnReset(stream)
    stream.setTimeout(limitDefaults.stallMs, () => abandon(stream))
  } else response.setTimeout(limitDefaults.stallMs, () => response.destroy())
}
