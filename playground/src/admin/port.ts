/** The internal port, as the page asks it: with the token of this tab, if one was given. */
import { Value } from '../shell/value.js'

const tokenKey = 'anywire admin token'

/** The port has refused: it wants a token, or another one. */
export const isLocked = new Value(false)

function headers(): Record<string, string> {
  const token = sessionStorage.getItem(tokenKey)
  return token ? { authorization: `Bearer ${token}` } : {}
}

export function unlock(token: string): void {
  sessionStorage.setItem(tokenKey, token)
  isLocked.set(false)
}

/** Rejects with the sentence of the port. */
export async function post(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`/api/${path}`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (answer.status === 401) isLocked.set(true)
  const value = (await answer.json()) as Record<string, unknown>
  if (!answer.ok) throw new Error(String(value.message))
  return value
}

/** The bytes of an event stream of these lists. Rejects where it is refused. */
export async function openStream(
  channels: readonly string[],
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const query = new URLSearchParams(channels.map((channel) => ['channel', channel]))
  const answer = await fetch(`/api/stream?${query}`, { headers: headers(), signal })
  if (answer.status === 401) isLocked.set(true)
  if (!answer.ok || !answer.body) {
    const { message } = (await answer.json()) as { readonly message?: string }
    throw new Error(message)
  }
  return answer.body
}
