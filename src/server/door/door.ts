/** The door: admits requests by host, origin and credential. PROTOCOL.md 6.1. */
import type { IncomingMessage } from 'node:http'
import { refuseToken } from '../../core/access/refusals.js'
import type { Principal } from '../../core/rule.js'
import { AnywireError } from '../../protocol/error.js'
import type { Sharing } from '../http/cors.js'
import type { Authenticate, Credential, HubOptions } from '../options.js'
import type { Arrival } from './arrivals.js'
import { findCredential, protocolsOf } from './credentials.js'
import { networkOf } from './network.js'
import { Origins } from './origin.js'
import { SignedUrls } from './signed-urls.js'

export interface Admission {
  readonly principal: Principal
  /** A credential came: answers are for this principal only, and no shared cache may keep them. */
  readonly credentialed: boolean
  /** The client's address, for limits; of IPv6 its /64. */
  readonly address: string
  /** What CORS headers say. */
  readonly sharing: Sharing
  /** A principal that was disconnected since the request came is not admitted. */
  readonly arrival?: Arrival | undefined
  /** Nobody yet: an `anywire.v1` WebSocket whose `auth` frame must come within `authMs`. */
  readonly pending?: true
}

export type DoorOptions = Pick<
  HubOptions,
  'authenticate' | 'cookie' | 'queryToken' | 'signedUrls' | 'origins' | 'hosts' | 'trustProxy'
> & {
  /** The clock for `expiresAt`, in milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
  /**
   * Whether the credential of this principal still stands. A promise where that is not known yet.
   * @throws (or rejects with) AnywireError
   * @default it does
   */
  readonly stands?: ((principal: Principal) => void | Promise<void>) | undefined
}

/** How a request comes. */
export interface Coming {
  readonly websocket?: boolean
  readonly arrival?: Arrival | undefined
}

export interface Door {
  /** There is an `authenticate`: tokens identify clients. */
  readonly asks: boolean
  /** Requests come through a proxy, which names the clients. */
  readonly proxied: boolean
  /** Checks that every request must pass. @throws AnywireError `bad-request`, `forbidden` or `misdirected`. */
  check(request: IncomingMessage): void
  /** Answers without a promise unless `authenticate` is asynchronous. @throws (or rejects with) AnywireError. */
  admit(request: IncomingMessage, how?: Coming): Admission | Promise<Admission>
  /** Who the token of an `auth` frame stands for. @throws (or rejects with) AnywireError `unauthorized`. */
  authenticateFrame(token: string, request: IncomingMessage): Principal | Promise<Principal>
  /** What makes and reads signed URLs, where they are accepted. */
  readonly signedUrls: SignedUrls | undefined
  readonly origins: Origins
}

/** The principal of every client, without `authenticate`. */
export const localPrincipal: Principal = Object.freeze({ id: 'local' })

/** The principal until the `auth` frame. No rule is asked about it. */
const nobody: Principal = Object.freeze({ id: '' })

export function createDoor(options: DoorOptions = {}): Door {
  const { authenticate, now = Date.now, stands } = options
  const origins = new Origins(options)
  const proxied = (options.trustProxy ?? false) !== false
  if (!authenticate) return localDoor(origins, proxied, options)
  const signedUrls = options.signedUrls && new SignedUrls(options.signedUrls)

  return {
    asks: true,
    proxied,
    origins,
    signedUrls,
    check: (request) => origins.checkHost(request, false),
    admit(request, { websocket = false, arrival } = {}) {
      origins.checkHost(request, false)
      origins.checkOrigin(request, websocket)
      const signed = signedUrls?.principalOf(request)
      if (signed) return whenStanding(stands, signedAdmission(signed, request, { origins, arrival, now: now() }))
      const standing = origins.standing(request)
      const cookieCounts = standing !== 'foreign' && standing !== 'any'
      const credential = findCredential(request, options, { cookieCounts, websocket })
      const facts = {
        credentialed: credential !== undefined,
        address: networkOf(origins.addressOf(request)),
        sharing: origins.sharing(request),
        arrival,
      }
      const mayWait = websocket && credential === undefined && protocolsOf(request.headers).includes('anywire.v1')
      return ask(authenticate, credential, request, (answer) => {
        if (answer === null || answer === undefined) {
          if (mayWait) return { principal: nobody, ...facts, pending: true }
          throw refusal(credential)
        }
        const principal = checkPrincipal(answer, now())
        arrival?.check(principal)
        return whenStanding(stands, { principal, ...facts })
      })
    },
    authenticateFrame(token, request) {
      const credential = { kind: 'frame', token } as const
      return ask(authenticate, credential, request, (answer) => {
        if (answer === null || answer === undefined) throw refusal(credential)
        const principal = checkPrincipal(answer, now())
        const waits = stands?.(principal)
        return waits ? waits.then(() => principal) : principal
      })
    },
  }
}

/** The admission, once it is known that the credential stands. @throws (or rejects with) AnywireError */
function whenStanding(stands: DoorOptions['stands'], admission: Admission): Admission | Promise<Admission> {
  const waits = stands?.(admission.principal)
  return waits ? waits.then(() => admission) : admission
}

/** @throws AnywireError `unauthorized` for a URL that has expired, or whose principal was sent away. */
function signedAdmission(
  principal: Principal,
  request: IncomingMessage,
  { origins, arrival, now }: { readonly origins: Origins; readonly arrival: Arrival | undefined; readonly now: number },
): Admission {
  checkExpiry(principal, now)
  arrival?.check(principal)
  const address = networkOf(origins.addressOf(request))
  return { principal, credentialed: true, address, sharing: origins.sharing(request), arrival }
}

/** @throws AnywireError `bad-request` for signed URLs: without `authenticate` there is nothing that they could add. */
function localDoor(origins: Origins, proxied: boolean, { signedUrls }: DoorOptions): Door {
  if (signedUrls)
    throw new AnywireError('bad-request', '"signedUrls" needs "authenticate": say who may come without one.')
  return {
    signedUrls: undefined,
    asks: false,
    proxied,
    origins,
    check: (request) => origins.checkHost(request, true),
    admit(request, { websocket = false, arrival } = {}) {
      origins.checkHost(request, true)
      origins.checkOrigin(request, websocket)
      const address = networkOf(origins.addressOf(request))
      return { principal: localPrincipal, credentialed: false, address, sharing: origins.sharing(request), arrival }
    },
    authenticateFrame: () => localPrincipal,
  }
}

/** Calls `authenticate`, and continues without a promise if it answered without one. */
function ask<T>(
  authenticate: Authenticate,
  credential: Credential | undefined,
  request: IncomingMessage,
  next: (answer: unknown) => T | Promise<T>,
): T | Promise<T> {
  let answer: ReturnType<Authenticate>
  try {
    answer = authenticate(credential, request)
  } catch (thrown) {
    throw AnywireError.from(thrown)
  }
  if (!isThenable(answer)) return next(answer)
  return Promise.resolve(answer).then(next, (thrown) => {
    throw AnywireError.from(thrown)
  })
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && typeof (answer as { then?: unknown }).then === 'function'
}

/** It is kept for each connection, and counted by. */
const maxIdLength = 1_024

function checkPrincipal(answer: unknown, now: number): Principal {
  const principal = answer as Partial<Principal>
  const { id } = principal
  if (typeof id !== 'string' || id === '' || id.length > maxIdLength) {
    const sentence = `an object with a string "id" of 1 to ${maxIdLength} characters, null or undefined`
    throw misuse(`"authenticate" must answer ${sentence}.`)
  }
  const { expiresAt, grants } = principal
  if (grants !== undefined && (typeof grants?.allows !== 'function' || typeof grants.allowsKey !== 'function')) {
    throw misuse('The "grants" of a principal must be what "grantsOf" answers.')
  }
  if (expiresAt === undefined) return principal as Principal
  if (typeof expiresAt !== 'number' || Number.isNaN(expiresAt)) {
    throw misuse('The "expiresAt" of a principal must be milliseconds since 1970.')
  }
  checkExpiry(principal, now)
  return principal as Principal
}

/** @throws AnywireError `unauthorized` */
export function checkExpiry({ expiresAt }: Pick<Principal, 'expiresAt'>, now = Date.now()): void {
  if (expiresAt === undefined || expiresAt > now) return
  throw refuseToken('The credential has expired: come with a new one.')
}

function refusal(credential: Credential | undefined): AnywireError {
  if (credential) return refuseToken('The credential is not accepted: come with another one.')
  return new AnywireError('unauthorized', 'This needs a credential, and none came.')
}

function misuse(sentence: string): AnywireError {
  return AnywireError.from(new TypeError(sentence))
}
