/** `anywire check`: whether `anywire serve` could begin with these options, and what would keep it from it. */
import { createServer } from 'node:net'
import { Command } from 'commander'
import { createMetrics } from '../admin/index.js'
import type { Resolved } from '../config/resolve.js'
import type { ServeConfig } from '../config/schema.js'
import { inUrl } from '../config/secrets.js'
import { conflictsOf, hubOptionsOf, openStore } from '../config/together.js'
import { checkCapabilities } from '../core/lacking.js'
import { limitDefaults } from '../core/limits.js'
import { createHub, memory } from '../index.js'
import { checkKeySet } from '../jwt/check-key-set.js'
import { loadJose } from '../jwt/jose.js'
import { AnywireError } from '../protocol/index.js'
import { GuardedStore } from '../stores/guarded.js'
import { adminAddress } from './admin-port.js'
import { createListener } from './listener.js'
import { type Address, listen } from './listening.js'
import { printable } from './printable.js'
import { addServeFlags, configOf } from './serve-flags.js'

export const checkCommand = addServeFlags(
  new Command('check').description('Try the options of "anywire serve": its file, keys, store and ports.'),
).action(async () => {
  const resolved = await configOf(checkCommand)
  let failed = false
  const fail = (sentence: string) => {
    failed = true
    console.error(`error: ${printable(sentence)}`)
  }
  for (const sentence of [...resolved.problems, ...conflictsOf(resolved.config)]) fail(sentence)
  // What cannot be read cannot be tried.
  if (!failed) {
    for (const { what, trial } of trialsOf(resolved)) {
      try {
        await trial()
        console.log(printable(`ok: ${what}`))
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error))
      }
    }
  }
  if (failed) process.exitCode = 1
})

interface Trial {
  readonly what: string
  /** Rejects with a sentence. */
  readonly trial: () => Promise<void>
}

function trialsOf({ config, file, settings }: Resolved): Trial[] {
  const { port = 0, host = '', jwt, cert, key, store, admin } = config
  const set = settings.filter(({ from }) => from !== 'default').length
  const keySets = jwt?.issuers.filter(({ jwks }) => jwks !== undefined) ?? []
  return [
    {
      what: `${set} options are set, ${file === undefined ? 'without a file' : `with ${file}`}`,
      trial: async () => {},
    },
    { what: 'rules, limits, tokens', trial: () => tryHub(config) },
    ...keySets.map((issuer) => ({ what: `keys at ${issuer.jwks}`, trial: () => checkKeySet(issuer) })),
    { what: `store ${inUrl(store)}`, trial: () => tryStore(config) },
    ...(cert === undefined ? [] : [{ what: `certificate ${cert} with ${key}`, trial: () => tryListener(config) }]),
    { what: `port ${port} of ${host}`, trial: () => tryPort({ port, host }) },
    ...(admin === undefined ? [] : [{ what: `internal port ${admin}`, trial: () => tryAdmin(admin) }]),
  ]
}

async function tryHub(config: ServeConfig): Promise<void> {
  if (config.jwt) await loadJose()
  await createHub({ ...hubOptionsOf(config), store: memory() }).close({ graceMs: 0 })
}

async function tryStore(config: ServeConfig): Promise<void> {
  const store = await openStore(config)
  if (store === undefined) return
  const { storeMs = limitDefaults.storeMs } = config.limits ?? {}
  const guarded = new GuardedStore(store, { storeMs, onError: () => undefined })
  try {
    checkCapabilities(config.rules ?? {}, store)
    const [known] = await guarded.position(['anywire-check'])
    if (known === 'away') throw new AnywireError('store-down', 'The store cannot be asked now.')
  } finally {
    await guarded.close()
  }
}

async function tryListener(config: ServeConfig): Promise<void> {
  const listener = await createListener(config, () => undefined)
  await listener.close(0)
}

async function tryAdmin(address: string): Promise<void> {
  await createMetrics()
  await tryPort(adminAddress(address), '--admin')
}

async function tryPort(address: Address, flag?: string): Promise<void> {
  const server = createServer()
  await listen(server, address, flag)
  await new Promise((done) => server.close(done))
}
