/** A request with a body of `anywire.v1`, and what its failure means. PROTOCOL.md 4.3. */
import type { PublishRequest } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfStatus, statusOf } from '../../protocol/error.js'
import type { Reading } from '../link.js'

export interface PostBody {
  readonly subscribe?: readonly Reading[]
  readonly publish?: readonly PublishRequest[]
  /** How long to hold the answer at most when there is nothing to bring. */
  readonly waitMs?: number | undefined
}

export type Accept = 'text/event-stream' | 'application/json'
export type Token = string | undefined

/** @throws AnywireError that says whether trying again makes sense, or what `fetch` throws. */
export async function post(
  url: string,
  bearer: Token | Promise<Token>,
  accept: Accept,
  body: PostBody,
  { signal }: AbortController,
): Promise<Response> {
  const token = await bearer
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal,
    credentials: 'include',
  })
  if (response.ok && response.headers.get('content-type')?.startsWith(accept)) return response
  throw await refusalOf(response)
}

async function refusalOf(response: Response): Promise<AnywireError> {
  const { ok, status, headers } = response
  const said = (await response.json().catch(() => undefined))?.error
  return AnywireError.fromJSON({
    code: ok ? 'unavailable' : codeOfStatus(status),
    message: `The server, or a proxy, answered with status ${status}.`,
    // Without it, or with a date, there is none.
    retryMs: Number(headers.get('retry-after')) * 1000 || undefined,
    ...(!ok && said?.code in statusOf && said),
  })
}
