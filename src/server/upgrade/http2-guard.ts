/** Guards a server's HTTP/2 sessions: so many of one address, none that is idle for ever. */
import { constants, type ServerHttp2Session } from 'node:http2'
import { NameCounter } from '../door/name-counter.js'
import { networkOf } from '../door/network.js'

export interface SessionGuardOptions {
  readonly sessionsPerAddress: number | null
  readonly sessionIdleMs: number
  /** The server has a timeout of its own. */
  readonly timed: boolean
  /** Every session is the proxy's: there is no address to count by. */
  readonly proxied: boolean
}

export class SessionGuard {
  readonly #most: number
  readonly #idleMs: number | undefined
  readonly #byAddress = new NameCounter()

  constructor({ sessionsPerAddress, sessionIdleMs, timed, proxied }: SessionGuardOptions) {
    this.#most = proxied || sessionsPerAddress === null ? Number.POSITIVE_INFINITY : sessionsPerAddress
    this.#idleMs = timed ? undefined : sessionIdleMs
  }

  /** Counts a session until it is closed. False: it is one too many, and has been ended. */
  admit(session: ServerHttp2Session): boolean {
    if (session.destroyed) return false
    const address = networkOf(session.socket.remoteAddress ?? '')
    if (this.#byAddress.of(address) >= this.#most) {
      // At the end of this turn Node hands the session what was read of its socket before, without asking whether it is
      // still there.
      process.nextTick(() => session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM))
      return false
    }
    this.#byAddress.add(address)
    session.once('close', () => this.#byAddress.drop(address))
    this.#endWhenIdle(session)
    return true
  }

  /** Nothing came and nothing left: no new streams any more, and the end as soon as those that are open have ended. */
  #endWhenIdle(session: ServerHttp2Session): void {
    if (this.#idleMs === undefined) return
    let open = 0
    session.on('stream', (stream) => {
      open++
      stream.once('close', () => {
        open--
      })
    })
    session.setTimeout(this.#idleMs, () => {
      session.close()
      // Node waits for a stream whose head has not come whole, and which may never.
      const late = setTimeout(() => {
        if (open === 0) session.destroy()
      }, graceMs)
      late.unref()
      session.once('close', () => clearTimeout(late))
    })
  }
}

/** How long the end of an idle session may take in which no stream is open. */
const graceMs = 1_000
