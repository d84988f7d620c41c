/** What options ask for together: which do not go with each other, and the options of the hub that they make. */
import type { Store } from '../core/store.js'
import type { HubOptions } from '../server/options.js'
import { authenticateBy } from './jwt-config.js'
import type { ServeConfig } from './schema.js'
import { storeNamed } from './store-name.js'

/** Sentences about options that do not go together. */
export function conflictsOf(config: ServeConfig): string[] {
  const { tls, cert, key, hsts, h2c, host = '', authenticate, jwt, log, onEvent } = config
  const secure = tls || cert !== undefined
  const rules: readonly (readonly [boolean, string])[] = [
    [authenticate !== undefined && jwt !== undefined, 'Give "authenticate" or "jwt", not both.'],
    [
      !authenticate && !jwt && !isLoopback(host),
      `Without "authenticate" or "jwt" only this machine is served: give one in a configuration, or leave out --host ${host}.`,
    ],
    [log !== undefined && log !== 'off' && onEvent !== undefined, 'Give "onEvent" or --log, not both.'],
    [(cert === undefined) !== (key === undefined), '--cert and --key go together: name both files.'],
    [hsts !== undefined && hsts !== false && !secure, '--hsts needs --tls.'],
    [h2c === true && secure === true, '--h2c is HTTP/2 without TLS: leave out --tls, --cert and --key.'],
  ]
  return rules.filter(([wrong]) => wrong).map(([, sentence]) => sentence)
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** The options of the hub, but for its store. @throws AnywireError `bad-request` for `jwt` that cannot be. */
export function hubOptionsOf(config: ServeConfig): HubOptions {
  const { jwt, authenticate, signedUrls, store: _store, ...rest } = config
  const { port, host, tls, cert, key, hsts, h2c, page, workers, admin, adminToken, adminHosts, drain, log, ...hub } =
    rest
  return {
    ...hub,
    statistics: hub.statistics ?? admin !== undefined,
    authenticate: jwt === undefined ? authenticate : authenticateBy(jwt),
    // Without a secret there are none.
    ...(signedUrls?.secret !== undefined && { signedUrls: { secret: signedUrls.secret } }),
  } as HubOptions
}

/** How the hub leaves. `balanced`: somebody has to notice first that it does. */
export function closeOptionsOf({ admin, drain = {} }: ServeConfig, balanced = true) {
  const { lameMs = admin === undefined ? 0 : usualLameMs, perSecond = null, graceMs } = drain
  return { lameMs: balanced ? lameMs : 0, perSecond, graceMs }
}

/** Probes come every few seconds. */
const usualLameMs = 5_000

/** Rejects with an AnywireError `bad-request` where a package that the store needs is missing. */
export async function openStore({ store = 'memory' }: ServeConfig): Promise<Store | undefined> {
  return typeof store === 'string' ? storeNamed(store)?.() : store
}
