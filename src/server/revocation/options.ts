/** What `revocation` of a hub can say. */
import type { Shape } from '../../core/shape.js'

export interface RevocationOptions {
  /**
   * What a node does that cannot read at present which credentials were revoked, because the store is away. `'refuse'`
   * lets nobody in (`store-down`), and after a minute ends what is open. `'serve'` lets in who was not revoked as far
   * as it knows.
   * @default 'refuse'
   */
  readonly whenBlind?: 'serve' | 'refuse' | undefined
  /**
   * How long a revocation is kept: as long as the credential that lives longest. Later, one that has not expired holds
   * again.
   * @default 2_592_000_000
   */
  readonly keepMs?: number | undefined
}

export const revocationDefaults = { whenBlind: 'refuse', keepMs: 30 * 86_400_000 } as const

export const revocationShape: Shape<RevocationOptions> = {
  whenBlind: ['"serve" or "refuse"', (value) => value === 'serve' || value === 'refuse'],
  keepMs: ['a number of milliseconds above 0', (value) => Number.isFinite(value) && Number(value) > 0],
}
