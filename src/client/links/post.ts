/** What both links over POST share: a request with a body of `anywire.v1`, and what its failure means. PROTOCOL.md 4.3. */
import type { PublishRequest, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfStatus, type ErrorDetails, meanings } from '../../protocol/error.js'
import type { Reading } from '../link.js'

export interface PostBody {
  readonly subscribe?: readonly Reading[]
  readonly publish?: readonly PublishRequest[]
  /** How long to hold the answer at most when there is nothing to bring. */
  readonly waitMs?: number
}

export interface PostOptions {
  readonly url: string
  readonly token: string | undefined
  readonly signal: AbortSignal
}

export type Accept = 'text/event-stream' | 'application/json'

/** @throws AnywireError that says whether trying again makes sense. */
export async function post({ url, token, signal }: PostOptions, accept: Accept, body: PostBody): Promise<Response> {
  const headers: Record<string, string> = { accept, 'content-type': 'application/json' }
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  const init: RequestInit = { method: 'POST', headers, body: JSON.stringify(body), signal, cache: 'no-store' }
  const response = await fetch(url, { ...init, credentials: 'include' }).catch(unreachable)
  if (response.ok && response.headers.get('content-type')?.startsWith(accept)) return response
  throw await refusalOf(response)
}

/** The frames of one batch, and how many bytes they were. @throws AnywireError */
export async function postBatch(
  options: PostOptions,
  body: PostBody,
): Promise<{ frames: ServerFrame[]; bytes: number }> {
  const response = await post(options, 'application/json', body)
  const text = await response.text().catch(unreachable)
  try {
    return { frames: JSON.parse(text), bytes: text.length }
  } catch (cause) {
    return unreachable(cause)
  }
}

function unreachable(cause: unknown): never {
  throw new AnywireError('unavailable', 'The server cannot be reached, or its answer broke off.', { cause })
}

async function refusalOf(response: Response): Promise<AnywireError> {
  const { status, headers } = response
  const body = await response.json().catch(() => undefined)
  const said: ({ code: string; message: string } & ErrorDetails) | undefined = body?.error
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const details = { ...(seconds >= 0 && { retryMs: seconds * 1000 }), ...said }
  if (!response.ok && said && said.code in meanings)
    return new AnywireError(said.code as keyof typeof meanings, said.message, { details })
  const code = response.ok ? 'unavailable' : codeOfStatus(status)
  return new AnywireError(code, `The server, or something before it, answered with status ${status}.`, { details })
}
