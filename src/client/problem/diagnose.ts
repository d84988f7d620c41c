/** Finds out why a client does not get through to its hub, by asking what answers there. */
import type { ErrorCode } from '../../protocol/error.js'
import { pause } from '../deadline.js'
import type { Stats } from '../stats.js'
import type { Problem } from './problem.js'

/** By when a request must be answered. */
const answerMs = 5_000
/** By then a page is told that its policy forbade something. */
const toldMs = 100
/** Where hubs usually are. */
const usual = '/channels'

export interface Asked {
  /** The mount path as an absolute URL. */
  readonly url: string
  /** Of the page; undefined outside of pages. */
  readonly origin: string | undefined
  readonly decisions: Stats['decisions']
  /** What the connection was told last. */
  readonly error: Stats['error']
  /** Whether the client brings a credential. */
  readonly hasToken: boolean
}

/** Why there is no connection. Asks four times at most, each for 5 s at most. */
export async function diagnose({ url, origin, decisions, error, hasToken }: Asked): Promise<Problem> {
  const seen = new Violations()
  const answer = await question(url)
  if (!answer) return unanswered(url, origin, await seen.end())
  if (!answer.isHub) return noHub(url, origin, answer.status)
  if (answer.movedTo) {
    const message = `${url} redirects to ${answer.movedTo}, and not every transport follows: give connect() that address.`
    return { code: 'no-hub', message }
  }
  // Whoever brings a credential is not told here what becomes of it.
  const refusal = error && !mute.has(error.code) ? error : hasToken ? undefined : answer.refusal
  if (refusal) return { code: 'refused', message: `The hub at ${url} refuses this client: ${refusal.message}` }
  const message =
    `The hub at ${url} answers requests, and no connection to it holds: ${decisions.at(-1) ?? 'none was proven.'} ` +
    'A proxy between may hold back or cut what stays open: docs/behind-a-proxy.md.'
  return { code: 'unstable', message }
}

/** What says less than the hub itself would. */
const mute: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['unavailable', 'timeout', 'not-acceptable'])

interface Answer {
  readonly status: number
  readonly isHub: boolean
  /** Where it was sent to, and answered. */
  readonly movedTo: string | undefined
  readonly refusal: { readonly message: string } | undefined
}

/**
 * Asks a hub who we are: it answers that, or says why not (PROTOCOL.md 4.3). Undefined if there is no answer that this
 * page may read.
 */
async function question(url: string): Promise<Answer | undefined> {
  const headers = { 'content-type': 'application/json' }
  const response = await asked(url, { method: 'POST', body: '{"welcome":true}', headers })
  if (!response) return undefined
  const { ok, redirected, status } = response
  const said = await response.json().catch(() => undefined)
  const isHub = ok ? said?.[0]?.type === 'welcome' : said?.anywire !== undefined
  return {
    status,
    isHub,
    movedTo: redirected ? response.url : undefined,
    refusal: isHub && !ok ? said.error : undefined,
  }
}

/** Without cookies: a hub that lets in every origin takes none. */
const asked = (url: string, init: RequestInit): Promise<Response | undefined> =>
  fetch(url, { credentials: 'omit', cache: 'no-store', ...init, signal: AbortSignal.timeout(answerMs) }).catch(
    () => undefined,
  )

async function unanswered(url: string, origin: string | undefined, violated: boolean): Promise<Problem> {
  const host = new URL(url).origin
  if (violated) {
    const message = `The Content-Security-Policy of this page forbids ${url}: add ${host} to its "connect-src".`
    return { code: 'policy', message }
  }
  if (origin?.startsWith('https:') && url.startsWith('http:') && !isLocal(new URL(url).hostname)) {
    const message = `A page over https may not reach ${url}: serve the hub over https too.`
    return { code: 'policy', message }
  }
  // It answers somebody who does not read the answer: only the reading is forbidden.
  if (origin && origin !== host && (await asked(`${url}/$/client.js`, { method: 'HEAD', mode: 'no-cors' }))) {
    if (await isElsewhere(url)) return { code: 'no-hub', message: `There is no Anywire hub at ${url}. ${meant(url)}` }
    const message =
      `${url} answers, and does not let this page read that. If it is an Anywire hub, ` +
      `add "${origin}" to its "origins" (--origin of "anywire serve").`
    return { code: 'origin', message }
  }
  const message = `Nothing answers at ${url}. Is the server running, and is this its address?`
  return { code: 'unreachable', message }
}

/** Whether a hub answers where they usually are. */
const isElsewhere = async (url: string): Promise<boolean> =>
  new URL(url).pathname !== usual && (await question(new URL(url).origin + usual))?.isHub === true

const meant = (url: string): string => `Did you mean ${new URL(url).origin}${usual}?`

async function noHub(url: string, origin: string | undefined, status: number): Promise<Problem> {
  const { origin: host, pathname, hostname } = new URL(url)
  const code = 'no-hub'
  const answer = `${status} at ${url}`
  if (status >= 502 && status <= 504)
    return { code, message: `${answer}: a proxy there does not reach the hub behind it. Is that running?` }
  if (await isElsewhere(url)) return { code, message: `${answer}: no Anywire hub there. ${meant(url)}` }
  const passes = origin === host && isLocal(hostname)
  const hint = passes
    ? ` If a development server serves this page, let it pass "${pathname}" on to the hub, WebSockets too: ` +
      `server: { proxy: { '${pathname}': { target: 'http://127.0.0.1:8080', ws: true } } } in vite.config.js.`
    : ' Is that where it is mounted?'
  return { code, message: `${answer}: no Anywire hub there.${hint}` }
}

/** Whether a server is on this machine, as while one develops. */
export const isLocal = (hostname: string): boolean => /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)

/** Whether the page's own policy has forbidden a connection since. */
class Violations {
  #seen = false
  readonly #see = (event: Event) => {
    const { effectiveDirective } = event as Event & { effectiveDirective?: string }
    if (effectiveDirective === 'connect-src') this.#seen = true
  }

  constructor() {
    globalThis.addEventListener?.('securitypolicyviolation', this.#see)
  }

  /** What was forbidden is told after the failure. */
  async end(): Promise<boolean> {
    await pause(toldMs)
    globalThis.removeEventListener?.('securitypolicyviolation', this.#see)
    return this.#seen
  }
}
