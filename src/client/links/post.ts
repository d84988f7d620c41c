/** A request with a body of `anywire.v1`, and what its failure means. PROTOCOL.md 4.3. */
import type { PublishRequest } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfStatus, statusOf } from '../../protocol/error.js'
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

/** @throws AnywireError that says whether trying again makes sense, or what `fetch` throws. */
export async function post({ url, token, signal }: PostOptions, accept: Accept, body: PostBody): Promise<Response> {
  const headers: Record<string, string> = { accept, 'content-type': 'application/json' }
  if (token) headers.authorization = `Bearer ${token}`
  const init: RequestInit = { method: 'POST', headers, body: JSON.stringify(body), signal, credentials: 'include' }
  const response = await fetch(url, init)
  if (response.ok && response.headers.get('content-type')?.startsWith(accept)) return response
  throw await refusalOf(response)
}

async function refusalOf(response: Response): Promise<AnywireError> {
  const { ok, status, headers } = response
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const said = (await response.json().catch(() => undefined))?.error
  return AnywireError.fromJSON({
    code: ok ? 'unavailable' : codeOfStatus(status),
    message: `The server, or something before it, answered with status ${status}.`,
    ...(seconds >= 0 && { retryMs: seconds * 1000 }),
    ...(!ok && said?.code in statusOf && said),
  })
}
