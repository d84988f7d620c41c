/** Scripts and styles in channels: no element of a page gets them as such. PROTOCOL.md 6. */
import type { IncomingMessage } from 'node:http'
import { remembered } from '../../core/remembered.js'
import { mediaType } from '../../protocol/message.js'

/** [WHATWG MIME Sniffing §4.6] The types that browsers take for JavaScript, and those of style sheets. */
const active = [
  /^text\/(?:javascript(?:1\.[0-5])?|jscript|livescript|css|xsl)$/,
  /^(?:application|text)\/(?:x-)?(?:java|ecma)script$/,
  /^application\/xslt\+xml$/,
]

const isActive = remembered((contentType) => {
  const type = mediaType(contentType)
  return active.some((one) => one.test(type))
}, 1_000)

/** The content type that is sent, and the headers that caches must distinguish. */
export interface ServedType {
  readonly contentType: string
  readonly headers: readonly string[]
}

const none: readonly string[] = []

/**
 * A read of a script or style that shows no header which only a program can send is answered as bytes: `<script>` and
 * `<link>` send neither a bearer token nor `Sec-Fetch-Dest: empty`, and browsers say nothing of the destination where a
 * page came without TLS.
 */
export function servedAs({ method, headers }: IncomingMessage, contentType: string): ServedType {
  if (method !== 'GET' || !isActive(contentType)) return { contentType, headers: none }
  const byProgram = headers['sec-fetch-dest'] === 'empty' || /^bearer /i.test(headers.authorization ?? '')
  return {
    contentType: byProgram ? contentType : 'application/octet-stream',
    headers: ['Vary', 'Sec-Fetch-Dest, Authorization'],
  }
}
