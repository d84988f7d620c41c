/** Where what was shown last is kept, and whose it is. */
import type { CacheLimits } from '../cached.js'

export interface CachePlace {
  /** The mount path as an absolute URL. */
  readonly url: string
  readonly owner: {
    /** The name of the principal, once it is known; undefined: it cannot be told apart. Another one later. */
    readonly name: Promise<string | undefined>
    /** True when it is known; false once a request has failed, or takes long. */
    readonly inTime: Promise<boolean>
    /** Asks the server who it is. */
    renew(known: string | undefined): Promise<unknown>
  }
  readonly options: {
    readonly principal?: string | undefined
    readonly cache?: boolean | CacheLimits | undefined
  }
}
