/** What `revocation` of a hub can say. */
import type { Shape } from '../../core/shape.js'

export interface RevocationOptions {
  /**
   * What a node does that cannot read at present which credentials were revoked, because the store is away. `'refuse'`
   * lets nobody in (`store-down`), and after `blindMs` ends what is open. `'serve'` lets in who was not revoked as far
   * as it knows.
   * @default 'refuse'
   */
  readonly whenBlind?: 'serve' | 'refuse' | undefined
  /**
   * How long what is open is kept while a node is blind. Higher leaves revoked credentials open for longer; lower ends
   * all clients at a shorter outage of the store.
   * @default 60_000
   */
  readonly blindMs?: number | undefined
  /**
   * How long a revocation is kept: as long as the credential that lives longest. Later, one that has not expired holds
   * again.
   * @default 2_592_000_000
   */
  readonly keepMs?: number | undefined
}

/** What `revocation` says, with everything filled in. */
export type ResolvedRevocation = { readonly [Name in keyof RevocationOptions]-?: NonNullable<RevocationOptions[Name]> }

const aTime = [
  'a number of milliseconds above 0',
  (value: unknown) => Number.isFinite(value) && Number(value) > 0,
] as const

export const revocationDefaults = { whenBlind: 'refuse', blindMs: 60_000, keepMs: 30 * 86_400_000 } as const

export const revocationShape: Shape<RevocationOptions> = {
  whenBlind: ['"serve" or "refuse"', (value) => value === 'serve' || value === 'refuse'],
  blindMs: aTime,
  keepMs: aTime,
}

/** Fills in the defaults. */
export function resolveRevocation(said: RevocationOptions = {}): ResolvedRevocation {
  const { whenBlind, blindMs, keepMs } = said
  return {
    whenBlind: whenBlind ?? revocationDefaults.whenBlind,
    blindMs: blindMs ?? revocationDefaults.blindMs,
    keepMs: keepMs ?? revocationDefaults.keepMs,
  }
}
