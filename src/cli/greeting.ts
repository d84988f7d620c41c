/** `greet`: asks a hub whether it is there, so that a wrong address is named at once; and requests to it. */
import { isErrorCode } from '../protocol/error.js'
import { AnywireError, type ErrorCode, type ErrorDetails, meanings } from '../protocol/index.js'
import { authorization, type HubAddress, mountUrl } from './options.js'

/** How long an answer may take. */
const answerMs = 30_000

/** @throws AnywireError what the answer says, or why there is none; see `isFinal`. */
export async function greet({ url, token }: HubAddress): Promise<void> {
  const headers = { 'content-type': 'application/json', ...authorization(token) }
  await request(mountUrl(url), { method: 'POST', headers, body: '{"welcome":true}' })
}

/** Whether trying again would change nothing for somebody who has just typed the address. */
export function isFinal(error: AnywireError): boolean {
  return error.meaning.retry !== 'later' || nobodyThere(error)
}

/**
 * Follows redirects only of what reads: what is sent goes to where the user has said, or nowhere.
 * @throws AnywireError with the server's own sentence, or `timeout` if no answer came.
 */
export async function request(url: URL, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, {
      ...init,
      redirect: init.method === undefined ? 'follow' : 'manual',
      signal: AbortSignal.timeout(answerMs),
    })
  } catch (cause) {
    throw unreachable(url, cause)
  }
  const elsewhere = response.status < 400 ? response.headers.get('location') : null
  if (!response.ok && elsewhere !== null) throw redirected(url, response.status, elsewhere)
  if (!response.ok) throw refusal(url, response.status, await response.text(), response.headers.get('retry-after'))
  return response
}

function redirected(url: URL, status: number, location: string): AnywireError {
  const target = URL.canParse(location, url) ? new URL(location, url).href : location
  const sentence =
    `${url.origin} answered ${status} and names ${target}: nothing was sent there. Give that address as --url ` +
    'if you mean it.'
  return new AnywireError('bad-request', sentence)
}

/** The failure of a connection: tried again later, like any silence. */
export function unreachable(url: URL, cause: unknown): AnywireError {
  if (cause instanceof AnywireError) return cause
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const why = inner instanceof Error ? inner.message || String((inner as NodeJS.ErrnoException).code) : String(inner)
  return new AnywireError('timeout', `No answer from ${url.origin}: ${why}.`, { cause: inner })
}

/** Whether nobody listens there. */
function nobodyThere(error: AnywireError): boolean {
  const { code, message } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>
  // `fetch` does not even try the ports that browsers do not open, and gives that no code.
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || message === 'bad port'
}

/** What an answer other than a success means. */
function refusal(url: URL, status: number, body: string, retryAfter?: string | null): AnywireError {
  const retryMs = retryAfter && Number(retryAfter) >= 0 ? { retryMs: Number(retryAfter) * 1000 } : {}
  const { code, message, ...facts } = spokenError(body)
  const sentence = message ?? `${url.href} answered ${status}: it seems to be no Anywire hub; look at --url.`
  return new AnywireError(isErrorCode(code) ? code : codeOfStatus(status), sentence, {
    details: { ...retryMs, ...facts },
  })
}

function codeOfStatus(status: number): ErrorCode {
  const codes = Object.keys(meanings) as ErrorCode[]
  const later = status >= 500 ? 'store-down' : 'bad-request'
  return codes.find((code) => meanings[code].http === status) ?? later
}

function spokenError(body: string): { code?: string; message?: string } & ErrorDetails {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; message?: string } }
    return error ?? {}
  } catch {
    return {}
  }
}
