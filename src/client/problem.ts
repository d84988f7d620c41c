/** Says on the console, and in `client.problem`, why a client does not get through. Loaded after 3 s in vain. */
import type { Client } from './client.js'
import type { ConnectOptions } from './connect-options.js'
import { diagnose, isLocal } from './problem/diagnose.js'
import type { Problem } from './problem/problem.js'
import { type Called, strangers } from './problem/strange.js'
import type { Changing } from './signal.js'
import type { Stats } from './stats.js'

/** Without a connection for so long, it is in vain. */
const vainMs = 3_000
/** While it lasts, the cause is looked for again after so long, and then after twice as long each time. */
const againMs = 15_000
const maxAgainMs = 300_000

export type Watched = Pick<Client, 'state' | 'stats'> & { readonly problem: Changing<Problem | undefined> }

/** Undefined outside of browsers. */
const page = (globalThis as { location?: Location }).location

/** What was said: each sentence once in a page or program. */
const said = new Set<string>()
const maxSaid = 100

const watched = new WeakSet<Watched>()

/**
 * Says which options are not known. From the first call on, `problem` of the client says why there is no connection,
 * whenever there is none for 3 s.
 */
export function explain(
  client: Watched,
  url: string,
  options: ConnectOptions,
  called?: Called,
  given: object = {},
): void {
  if (called) strangers(called, given).forEach(warn)
  if (watched.has(client)) return
  watched.add(client)
  strangers('connect', options).forEach(warn)
  const watch = new Watch(client, url, options.token !== undefined)
  // A page elsewhere loads this when it is in vain already.
  if (!page || isLocal(page.hostname)) watch.changed()
  else watch.look()
}

function warn(sentence: string): void {
  if (said.has(sentence) || said.size >= maxSaid) return
  said.add(sentence)
  console.warn(`Anywire: ${sentence}`)
}

class Watch {
  readonly #client: Watched
  readonly #url: string
  readonly #hasToken: boolean
  #timer: ReturnType<typeof setTimeout> | undefined
  #waitMs = againMs
  /** What the connection was told last, since it was open. */
  #error: Stats['error']

  constructor(client: Watched, url: string, hasToken: boolean) {
    this.#client = client
    this.#url = url
    this.#hasToken = hasToken
    client.state.subscribe(() => this.changed())
    client.stats.subscribe(({ error }) => {
      this.#error = error ?? this.#error
      this.#compare()
    })
  }

  get #isInVain(): boolean {
    return ['connecting', 'waiting'].includes(this.#client.state.value)
  }

  changed(): void {
    if (this.#isInVain) {
      this.#timer ??= setTimeout(() => this.look(), vainMs)
      return
    }
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waitMs = againMs
    this.#error = undefined
    this.#client.problem.set(undefined)
    this.#compare()
  }

  /** Looks for the cause at once, if there is no connection, and again from time to time. */
  look(): void {
    this.#compare()
    if (!this.#isInVain) return
    this.#timer = setTimeout(() => this.look(), this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, maxAgainMs)
    void this.#diagnose()
  }

  async #diagnose(): Promise<void> {
    const { decisions, error = this.#error } = this.#client.stats.value
    const asked = { url: this.#url, origin: page?.origin, decisions, error, hasToken: this.#hasToken }
    const found = await diagnose(asked)
    if (this.#isInVain) this.#say(found)
  }

  #say(problem: Problem): void {
    if (this.#client.problem.value?.message === problem.message) return
    this.#client.problem.set(problem)
    warn(problem.message)
  }

  /** Elsewhere a proxy that lets no WebSockets through is usual; on this machine it is a development server. */
  #compare(): void {
    const { transport, decisions } = this.#client.stats.value
    if (this.#client.state.value !== 'open' || !transport) return
    const refused = decisions.findLast((one) => one.startsWith('websocket: '))
    if (!refused || transport === 'websocket' || refused.includes('proven') || !isLocal(new URL(this.#url).hostname))
      return this.#client.problem.set(undefined)
    const message =
      `WebSockets do not get through to ${this.#url} (${refused}); it goes on over ${transport}. ` +
      'If a development server passes them on, set "ws: true" for that path of its proxy.'
    this.#say({ code: 'no-websocket', message })
  }
}
