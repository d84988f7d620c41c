/** The client's files below the mount path, `$/client.js` and others, for pages without a bundler. PROTOCOL.md 3.7. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { endWithin } from '../../wires/ending.js'
import type { Context } from '../context.js'
import { corsHeaders, type Sharing } from '../http/cors.js'
import { matches } from '../http/etag.js'
import { leaveWhenDraining } from '../http/exchange.js'
import { errorResponse } from '../http/headers.js'
import { acceptsGzip } from '../http/negotiation.js'
import { header } from '../http/target.js'

interface Representation {
  readonly body: Buffer
  readonly etag: string
}

/** One file, as it is and compressed. */
interface Script {
  readonly plain: Representation
  readonly gzip: Representation
}

/** Beside the built server; for one that runs from source, where the build puts them. */
const folders = ['../../browser/', '../../../dist/browser/'].map((path) => new URL(path, import.meta.url))

const files = [
  'cache.js',
  'client.js',
  'worker.js',
  'group.js',
  'over-post.js',
  'presence.js',
  'problem.js',
  'renewal.js',
  'schema.js',
  'sender.js',
  'transform.js',
]

/** By the name that a channel would have: no other file is ever read. */
const names: ReadonlySet<ChannelName> = new Set(files.map((file) => `$/${file}`))
let scripts: ReadonlyMap<ChannelName, Script> | undefined

export function isScript(name: ChannelName): boolean {
  return names.has(name)
}

/**
 * Answers without asking for a credential: it is public code, and a page loads it before it has one.
 * @throws AnywireError `unknown-channel` if the client was not built, and what the door says to another machine where
 * nobody is told apart.
 */
export function sendScript(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  name: ChannelName,
): void {
  const { door, limits } = context
  door.check(request)
  const sharing = door.origins.sharing(request)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(context, request, response, sharing)
  leaveWhenDraining(context, response)
  const compressed = acceptsGzip(request)
  const { body, etag } = find(name)[compressed ? 'gzip' : 'plain']
  const headers = [...headersFor(sharing), 'ETag', etag, ...(compressed ? ['Content-Encoding', 'gzip'] : [])]
  if (matches(header(request, 'if-none-match'), etag)) {
    response.writeHead(304, headers)
    endWithin(response, undefined, limits.stallMs)
    return
  }
  response.writeHead(200, [...headers, 'Content-Type', 'text/javascript', 'Content-Length', String(body.length)])
  endWithin(response, request.method === 'HEAD' ? undefined : body, limits.stallMs)
}

/**
 * No `Content-Security-Policy`: that of a worker's script is the worker's, which is to connect. Public code is nobody's
 * secret: by it a page that is not let in sees that a hub is there (`client/problem/diagnose.ts`).
 */
function headersFor(sharing: Sharing): string[] {
  return [
    'Cache-Control',
    'no-cache',
    'X-Content-Type-Options',
    'nosniff',
    'Cross-Origin-Resource-Policy',
    'cross-origin',
    'Vary',
    'Accept-Encoding, Origin',
    ...corsHeaders({ ...sharing, varies: false }),
  ]
}

function refuseMethod(context: Context, { method }: IncomingMessage, response: ServerResponse, sharing: Sharing): void {
  const error = new AnywireError('bad-method', `A file of the client answers GET and HEAD, not ${method}.`)
  const answer = errorResponse(error, sharing, 'GET, HEAD')
  leaveWhenDraining(context, response)
  response.writeHead(answer.status, answer.headers)
  endWithin(response, answer.body, context.limits.stallMs)
}

function find(name: ChannelName): Script {
  const script = all().get(name)
  if (script) return script
  throw new AnywireError(
    'unknown-channel',
    `There is no "${name}" here: run "npm run build" in Anywire's own folder, or, if this server was bundled ` +
      'into one file, leave "anywire" out of the bundle.',
  )
}

function all(): ReadonlyMap<ChannelName, Script> {
  if (scripts) return scripts
  const folder = folders.find((one) => existsSync(one))
  if (folder === undefined) return new Map()
  scripts = new Map(files.map((file) => [`$/${file}`, read(new URL(file, folder))]))
  return scripts
}

function read(file: URL): Script {
  const body = readFileSync(file)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return {
    plain: { body, etag: `"${hash}"` },
    gzip: { body: gzipSync(body, { level: 9 }), etag: `"${hash}-gzip"` },
  }
}
