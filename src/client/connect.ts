/** `connect`: from a URL and options to a client. */
import { AnywireError } from '../protocol/error.js'
import { Client } from './client.js'
import { createCore } from './core.js'
import { type Transport, transports } from './link.js'
import { openPort, type Share } from './open-port.js'
import { Outbox } from './outbox.js'
import { openOutboxStore } from './outbox-store.js'
import type { Memory } from './policy.js'
import type { Times } from './times.js'

export interface ConnectOptions {
  /**
   * Where the connection lives. `tabs`: one for all tabs of the origin, in a SharedWorker or in the tab that leads; `worker`: one for this
   * page, in a worker; `none`: in this thread. What cannot be had falls back to the next.
   * @default 'tabs' in a browser, 'none' elsewhere
   */
  readonly share?: Share | undefined
  /** Asked for a credential at the beginning, before each connection, and 10 s before one expires. If it fails, that is tried again as a lost connection is. */
  readonly token?: (() => string | Promise<string>) | undefined
  /** Who this is: only pages with the same share a connection and an outbox. Needed with cookies, and with tokens that are no JWT with a `sub`. @default the token's `iss` and `sub` */
  readonly principal?: string | undefined
  /** Those that may be used, in whatever order. @default `websocket`, `stream`, `poll`; without `stream` over `http:` where tabs do not share */
  readonly transports?: readonly Transport[] | undefined
  /** Publishes that wait: how many at most, and whether a reload is to keep them. @default { most: 1_000, keep: true } in a browser; memory keeps them elsewhere */
  readonly outbox?: { readonly most?: number; readonly keep?: boolean } | undefined
  /** How long it waits for what, in milliseconds, where the usual times do not fit. @default as `Times` says */
  readonly times?: Partial<Times> | undefined
  /** Closes the client, as `close` does. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A client of the hub that is mounted at `url`, e.g. `/channels` or `https://example.com/channels`. Connects when something is asked of it.
 * `Channels` maps names, or templates of names, to what their messages hold.
 * @throws AnywireError `bad-request` for a URL or an option that cannot be.
 */
export function connect<Channels = Record<string, unknown>>(
  url: string | URL,
  options: ConnectOptions = {},
): Client<Channels> {
  const mount = mountOf(url)
  const { token, signal, times } = options
  const share = options.share ?? (typeof document === 'undefined' ? 'none' : 'tabs')
  const usable = allowed(mount, share, options.transports)
  const client = new Client<Channels>({
    token,
    openPort: async (heard) => {
      const identity = await identityOf(options)
      const core = { url: mount, transports: usable, memory: recall(mount), times }
      // Whoever cannot be told apart shares with nobody.
      const where = identity === undefined && share === 'tabs' ? 'worker' : share
      return openPort({ core, share: where, identity: identity ?? '', createCore }, heard)
    },
    outbox: (send) => {
      const { most, keep = true } = options.outbox ?? {}
      const name = keep && typeof indexedDB !== 'undefined' ? mount : undefined
      // Nobody publishes what another has left: whoever cannot be told apart leaves nothing.
      const open = async (name: string | undefined) => {
        const identity = name && (await identityOf(options))
        return openOutboxStore(identity === undefined ? undefined : `${name} ${identity}`)
      }
      return new Outbox({ send, name, open, ...(most !== undefined && { most }) })
    },
    learnt: (memory) => remember(mount, memory),
  })
  if (signal?.aborted) void client.close()
  signal?.addEventListener('abort', () => void client.close(), { once: true })
  return client
}

function mountOf(given: string | URL): string {
  let url: URL
  try {
    url = new URL(given, globalThis.location?.href)
    if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`"${url.protocol}" is no protocol of a hub.`)
  } catch (cause) {
    const sentence = `"${given}" is no URL of a hub: give where it is mounted, such as "https://example.com/channels".`
    throw new AnywireError('bad-request', sentence, { cause })
  }
  url.protocol = url.protocol.replace('ws', 'http')
  url.hash = ''
  url.search = ''
  return url.href.replace(/\/+$/, '')
}

/** An event stream of every page would use up the six connections that a browser has to a host over HTTP/1.1, which `http:` means. */
function allowed(mount: string, share: Share, wanted: readonly Transport[] = transports): readonly Transport[] {
  if (wanted.length === 0 || wanted.some((one) => !transports.includes(one)))
    throw new AnywireError(
      'bad-request',
      `"transports" may hold ${transports.map((one) => `"${one}"`).join(', ')}, and not nothing.`,
    )
  const crowded = typeof document !== 'undefined' && share !== 'tabs' && mount.startsWith('http:')
  const few = wanted.filter((one) => one !== 'stream')
  return crowded && wanted === transports ? few : wanted
}

/** Who may share a connection: `undefined` is nobody. */
async function identityOf({ principal, token }: ConnectOptions): Promise<string | undefined> {
  if (principal !== undefined || token === undefined) return principal ?? ''
  try {
    const [, claims = ''] = (await token()).split('.')
    const { iss = '', sub } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return sub === undefined ? undefined : `${iss} ${sub}`
  } catch {
    return undefined
  }
}

const storageKey = (mount: string) => `anywire ${mount}`

function recall(mount: string): Memory | undefined {
  try {
    return JSON.parse(localStorage.getItem(storageKey(mount)) ?? '{}')
  } catch {
    return undefined // there is no storage, or it is forbidden
  }
}

function remember(mount: string, memory: Memory): void {
  try {
    localStorage.setItem(storageKey(mount), JSON.stringify(memory))
  } catch {
    // there is no storage, or it is forbidden: the next page learns it again
  }
}
