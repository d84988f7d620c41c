/** Signed URLs: what a URL itself allows, for clients that can show no token. docs/access.md. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Action, actions, GrantList } from '../../core/access/grants.js'
import { refuseToken } from '../../core/access/refusals.js'
import { exactTopic } from '../../core/access/topics.js'
import type { Principal } from '../../core/rule.js'
import { checkShape } from '../../core/shape.js'
import { readBase64 } from '../../protocol/base64.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { queryOf, urlOf } from '../http/target.js'

export interface SignedUrlOptions {
  /** At least 32 bytes. Of several the first signs, and all are accepted: that is how a secret is changed. */
  readonly secret: string | readonly string[]
}

export interface SignUrlOptions {
  /** What the URL allows on its channel. @default ['subscribe'] */
  readonly actions?: readonly Action[] | undefined
  /** For how long it does. @default 3_600_000 */
  readonly lifeMs?: number | undefined
  /** The `id` of the principal that who comes with it has. @default one of its own for each URL */
  readonly principal?: string | undefined
}

const leastSecretBytes = 32
/** A channel of 512 bytes, a principal of 1,024 characters, and the rest. */
const longest = 8_192
/** Its base64url characters: 132 bits. */
const ownIdLength = 22

/** What stands in a URL: until when and since when, in milliseconds since 1970, what and where, and as whom. */
type Terms = readonly [
  expiresAt: number,
  channel: ChannelName,
  allowed: readonly Action[],
  principal?: string | null,
  issuedAt?: number,
]

export class SignedUrls {
  readonly #secrets: readonly string[]

  /** @throws AnywireError `bad-request` for a secret that is too short. */
  constructor({ secret }: SignedUrlOptions) {
    this.#secrets = typeof secret === 'string' ? [secret] : secret
    if (this.#secrets.length > 0 && this.#secrets.every(isLong)) return
    throw wrong(`The "secret" of "signedUrls" must have ${leastSecretBytes} bytes or more.`)
  }

  /** The value of `?grant=`. @throws AnywireError `bad-request` for what cannot be granted. */
  sign(channel: ChannelName, options: SignUrlOptions, now: number): string {
    checkShape<SignUrlOptions>('hub.signUrl', options, shape)
    const { actions: allowed = ['subscribe'], lifeMs = 3_600_000, principal } = options
    const terms: Terms = [Math.floor(now + lifeMs), channel, allowed, principal ?? null, Math.floor(now)]
    const text = Buffer.from(JSON.stringify(terms)).toString('base64url')
    return `${text}.${macOf(text, this.#secrets[0]!).toString('base64url')}`
  }

  /**
   * Who a request stands for by its URL; undefined: its URL grants nothing, or a header names somebody.
   * @throws AnywireError `unauthorized`
   */
  principalOf(request: IncomingMessage): Principal | undefined {
    if (request.headers.authorization !== undefined) return undefined
    const url = urlOf(request)
    const grant = url.includes('grant') ? queryOf(url).get('grant') : null
    return grant === null ? undefined : this.#read(grant)
  }

  #read(grant: string): Principal {
    const [text = '', mac = '', ...rest] = grant.slice(0, longest + 1).split('.')
    // Otherwise a URL would have several spellings, and be revoked by one of them alone.
    const given = readBase64(mac, 'base64url')
    const isOurs = (secret: string) => {
      const expected = macOf(text, secret)
      return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected)
    }
    if (grant.length > longest || rest.length > 0 || !this.#secrets.some(isOurs)) {
      throw refuseToken('The "grant" of this URL was not made by this server, or was changed: ask for a new URL.')
    }
    const [expiresAt, channel, allowed, id, issuedAt] = JSON.parse(Buffer.from(text, 'base64url').toString()) as Terms
    const topics = exactTopic('"grant"', channel, { sub: undefined, tenant: undefined })
    const grants = new GrantList({ grants: [{ actions: new Set(allowed), topics }], strict: true })
    const revocable = { token: grant, issuedAt }
    return { id: id ?? `signed ${mac.slice(0, ownIdLength)}`, expiresAt, grants, revocable }
  }
}

const shape = {
  actions: [`an array of ${actions.join(', ')}`, areActions],
  lifeMs: ['a number of milliseconds above 0', (value: unknown) => Number.isFinite(value) && Number(value) > 0],
  principal: ['a text of 1 to 1,024 characters', isId],
} as const

function areActions(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((one) => actions.includes(one))
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 1_024
}

const isLong = (secret: unknown) => typeof secret === 'string' && Buffer.byteLength(secret) >= leastSecretBytes

/** The first line keeps it apart from whatever else the secret signs. */
function macOf(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`anywire grant\n${text}`).digest()
}

function wrong(sentence: string): AnywireError {
  return new AnywireError('bad-request', sentence)
}
