/** SIGHUP: `anywire serve` takes over what has changed in its configuration, all of it or nothing. */
import { changedNames, fixedNames, keysOf } from '../config/changes.js'
import type { Resolved } from '../config/resolve.js'
import { conflictsOf, hubOptionsOf } from '../config/together.js'
import type { Hub, Reconfiguration } from '../index.js'
import { checkKeySet } from '../jwt/check-key-set.js'
import { fixedFor } from '../server/reconfigure.js'
import type { Listener } from './listener.js'
import { checkResolved } from './serve-flags.js'

export interface ReloadOptions {
  readonly hub: Hub
  readonly listener: Listener
  /** Reads the configuration anew. */
  readonly read: () => Promise<Resolved>
  /** Says a line to the user. */
  readonly say: (line: string) => void
  /** The same of what is wrong. */
  readonly warn: (line: string) => void
}

export class Reloader {
  readonly #options: ReloadOptions
  #now: Resolved
  #turn: Promise<void> = Promise.resolve()

  constructor(now: Resolved, options: ReloadOptions) {
    this.#now = now
    this.#options = options
    keysOf(now.config)
  }

  /** What is in effect. */
  get config() {
    return this.#now.config
  }

  /** One after the other. Rejects never: what is wrong is said. */
  reload(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload())
    return this.#turn
  }

  async #reload(): Promise<void> {
    const { say, warn } = this.#options
    try {
      const names = await this.#takeOver()
      say(`configuration loaded: ${names.length === 0 ? 'nothing has changed' : names.join(', ')}`)
    } catch (error) {
      warn(`the configuration stays as it was: ${error instanceof Error ? error.message : error}`)
    }
  }

  /** What changes. Rejects with a sentence, and then nothing has. */
  async #takeOver(): Promise<readonly string[]> {
    const { hub, listener, read } = this.#options
    const next = await read()
    checkResolved({ ...next, problems: [...next.problems, ...conflictsOf(next.config)] })
    const names = changedNames(this.#now, next)
    const fixed = fixedNames(names)
    if (fixed.length > 0) throw fixedFor(fixed)
    const options = await this.#changesOf(next, names)
    const letCertificateCount = listener.renewal?.()
    hub.reconfigure(options)
    letCertificateCount?.()
    this.#now = next
    return names
  }

  async #changesOf({ config }: Resolved, names: readonly string[]): Promise<Reconfiguration> {
    const before = hubOptionsOf(this.#now.config)
    const { rules = {}, limits = {}, origins = [], hosts = [], authenticate, signedUrls } = hubOptionsOf(config)
    if (before.signedUrls && !signedUrls) throw fixedFor(['signedUrls.secret'])
    const renewed = config.jwt === undefined || names.includes('jwt')
    // Keys that cannot be fetched now would lock everybody out.
    if (renewed) for (const issuer of config.jwt?.issuers ?? []) if (issuer.jwks) await checkKeySet(issuer)
    const has = (name: string) => names.some((one) => one.split('.')[0] === name)
    return {
      ...(has('rules') && { rules }),
      ...(has('limits') && { limits }),
      ...(has('origins') && { origins }),
      ...(has('hosts') && { hosts }),
      ...(has('signedUrls') && { signedUrls }),
      ...(renewed && authenticate && { authenticate }),
    }
  }
}
