/** `connect`: from a URL and options to a client. */
import { AnywireError } from '../protocol/error.js'
import { whenAborted } from './abort.js'
import type { Client } from './client.js'
import type { ConnectOptions } from './connect-options.js'
import { createCore } from './core-later.js'
import { Identity } from './identity.js'
import { type Transport, type TransportName, transports } from './link.js'
import { inPage, openPort, type Share } from './open-port.js'
import { Outbox } from './outbox.js'
import { createClient } from './own-client.js'
import { Patience } from './patience.js'
import type { Memory } from './policy.js'
import type { FromCore } from './port.js'
import { lookOut } from './problem-later.js'
import { usualTimes } from './times.js'

/**
 * A client of the hub that is mounted at `url`, e.g. `/channels` or `https://example.com/channels`. Connects when
 * something is asked of it. `Channels` maps names, or templates of names, to what their messages hold.
 * @throws AnywireError `bad-request` for a URL or an option that cannot be.
 */
export function connect<Channels = Record<string, unknown>>(
  url: string | URL,
  options: ConnectOptions = {},
): Client<Channels> {
  const mount = mountOf(url)
  const { share: wanted = inPage ? 'tabs' : 'none', times, outbox: { keep, ...limits } = {} } = options
  const database = keep !== false && 'indexedDB' in globalThis && `anywire ${mount}`
  const { answerMs } = { ...usualTimes, ...times }
  const patience = new Patience()
  const { token: given } = options
  const token = given && (() => patience.within('token', answerMs, credentialOf(given)))
  const usable = allowed(mount, wanted, options.transports)
  const last = `${mount} ${options.principal ?? ''}`
  const closed = new AbortController()
  let receive: ((message: FromCore) => void) | undefined
  const identity = new Identity({
    url: mount,
    token,
    principal: options.principal,
    answerMs,
    patience,
    guess: recall(last),
    learnt: (name) => remember(last, name),
    signal: closed.signal,
    failed: (error) => receive?.({ type: 'state', state: 'waiting', error: error.toJSON() }),
  })
  const client = createClient<Channels>({
    token,
    closed: () => closed.abort(),
    renew: (known) => identity.renew(known),
    async openPort(received) {
      receive = received
      const { name, principal } = await identity.now
      // Whoever cannot be told apart shares with nobody.
      const share = name === undefined && wanted === 'tabs' ? 'worker' : wanted
      const core = { url: mount, transports: usable, memory: recall<Memory>(mount), times, principal }
      return openPort({ core, share, identity: name, createCore }, received)
    },
    outbox: (send) =>
      new Outbox({
        send,
        ...limits,
        // Nobody publishes what another has left: whoever cannot be told apart leaves nothing.
        kept: database ? { database, owner: identity } : undefined,
        early: mayHaveLeft(database, keep),
      }),
    place: { url: mount, owner: identity, options },
    learnt: (memory) => remember(mount, memory),
    asked: (...of) => asked(...of),
  })
  const asked = lookOut(client, mount, options)
  whenAborted(options.signal, client.close)
  return client
}

/**
 * Whether there is a database. Where that cannot be known, and where it is asked for in so many words, one is opened.
 */
async function mayHaveLeft(database: string | false, keep: boolean | undefined): Promise<boolean> {
  if (!database || keep) return !!database
  const all = await indexedDB.databases().catch(() => undefined)
  return all?.some(({ name }) => name === database) ?? true
}

/** A token is asked for again if there is no answer in time: nothing else could go on. */
async function credentialOf(token: () => string | Promise<string>): Promise<string> {
  const answer = await token()
  if (typeof (answer ?? '') !== 'string') throw new TypeError('A token is a string.')
  return answer
}

/** What stands before a query, a hash and slashes at the end, with `http` for `ws`. */
const hub = /^(?:http|ws)(s?:\/\/.*?)\/*(?:[?#]|$)/

function mountOf(given: string | URL): string {
  try {
    const [, rest] = hub.exec(new URL(given, globalThis.location?.href).href)!
    return `http${rest}`
  } catch (cause) {
    throw new AnywireError('bad-request', `"${given}" is no URL of a hub.`, { cause })
  }
}

/**
 * An event stream of every page would use up the six connections that a browser has to a host over HTTP/1.1, which
 * `http:` means.
 */
function allowed(mount: string, share: Share, names?: readonly TransportName[]): readonly Transport[] {
  const crowded = inPage && share !== 'tabs' && mount.startsWith('http:')
  if (!names) return crowded ? transports.filter((one) => one !== 'stream') : transports
  const wanted = names.map((name) => (name === 'sse' ? 'stream' : name === 'long-poll' ? 'poll' : name))
  const wrong = wanted.find((one) => !transports.includes(one))
  if (wrong || !wanted[0])
    throw new AnywireError('bad-request', `"transports" are some of ${transports}, not "${wrong ?? ''}".`)
  return wanted
}

// Where there is no storage, or it is forbidden, the next page learns it again.
function recall<Value>(what: string): Value | undefined {
  try {
    return JSON.parse(localStorage[`anywire ${what}`])
  } catch {
    return undefined
  }
}

function remember(what: string, value: unknown): void {
  try {
    localStorage[`anywire ${what}`] = JSON.stringify(value)
  } catch {}
}
