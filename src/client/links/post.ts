/** A request with a body of `anywire.v1`, and what its failure means. PROTOCOL.md 4.3 and 7. */
import type { ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError, type ErrorCode, isErrorCode } from '../../protocol/error.js'
import { whenAborted } from '../abort.js'
import type { Json } from '../link.js'
import type { Patience } from '../patience.js'

export type Accept = 'text/event-stream' | 'application/json'
export type Token = string | undefined

export interface Server {
  readonly url: string
  readonly patience: Patience
  /** So many bytes have come. */
  readonly received?: ((bytes: number) => void) | undefined
  /** @default JSON */
  readonly json?: Json | undefined
  /** Whether what is sent may be sent again elsewhere, if the server says so. @default 'follow' */
  readonly redirect?: RequestRedirect | undefined
}

/** A `Retry-After` of another server is obeyed within these limits. */
const minForeignMs = 1_000
const maxForeignMs = 60_000

/**
 * `redirect`: as in `Server`.
 * @throws AnywireError that says whether trying again makes sense, or what `fetch` throws.
 */
export async function post(
  url: string,
  bearer: Token | Promise<Token>,
  accept: Accept,
  body: string,
  signal: AbortSignal,
  redirect?: RequestRedirect,
): Promise<Response> {
  const token = await bearer
  const ask = (credentials: RequestCredentials) =>
    fetch(url, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body,
      signal,
      credentials,
      redirect: redirect as RequestRedirect,
    })
  // A hub that lets in every origin, and not this one by name, takes no cookies from it: a browser then fails what
  // would have brought some.
  const response = await ask('include').catch((thrown) => {
    if (signal.aborted || !isElsewhere(url)) throw thrown
    return ask('omit')
  })
  if (response.ok && response.headers.get('content-type')?.startsWith(accept)) return response
  throw await refusalOf(response)
}

/** Whether a page of another origin asks. */
function isElsewhere(url: string): boolean {
  const { location } = globalThis as { location?: { origin: string } }
  return location !== undefined && !url.startsWith(`${location.origin}/`)
}

/** The frames of a batch, in time. @throws AnywireError as `post` */
export async function framesOf(
  kind: string,
  usualMs: number,
  { url, patience, received, json = JSON, redirect }: Server,
  bearer: Token | Promise<Token>,
  body: string,
  ended: AbortSignal,
): Promise<ServerFrame[]> {
  const own = new AbortController()
  const { signal } = own
  whenAborted(ended, () => own.abort(), signal)
  try {
    const text = await patience.within(
      kind,
      usualMs,
      post(url, bearer, 'application/json', body, signal, redirect).then((response) => response.text()),
    )
    received?.(text.length)
    const frames = json.parse(text)
    if (Array.isArray(frames)) return frames
    throw errorOf()
  } catch (thrown) {
    throw errorOf(thrown)
  } finally {
    own.abort()
  }
}

/** Why a request failed. */
export const errorOf = (thrown?: unknown) =>
  AnywireError.from(thrown, 'The server cannot be reached, or broke off.', 'unavailable')

/**
 * Only an answer at the place that was asked, which holds `anywire`, is the hub's. What a proxy, a gateway or another
 * program says is never final.
 */
async function refusalOf(response: Response): Promise<AnywireError> {
  const { ok, redirected, status, headers } = response
  const said = ok || redirected ? undefined : await response.json().catch(() => undefined)
  if (said?.anywire && isErrorCode(said.error?.code)) return AnywireError.fromJSON(said.error)
  const code: ErrorCode = status === 413 ? 'too-large' : 'unavailable'
  // A date, or nothing, is no number.
  const seconds = Number(headers.get('retry-after')) || (status === 413 ? minForeignMs / 1000 : 0)
  const retryMs = Math.min(Math.max(seconds * 1000, minForeignMs), maxForeignMs)
  return new AnywireError(code, `A proxy or another server answered: ${status}.`, {
    details: seconds ? { retryMs } : {},
  })
}
