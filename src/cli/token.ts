/** `anywire token`: signs a token, or says of one why it would be refused. */
import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { type FileKey, publicKeyFile, readKeys, signingKeyFile } from '../config/key-file.js'
import { type Action, actions, GrantList } from '../core/access/grants.js'
import { jwt, type TokenPrincipal } from '../jwt/index.js'
import { loadJose } from '../jwt/jose.js'
import { AnywireError } from '../protocol/index.js'
import { printable } from './printable.js'

type Patterns = Partial<Record<Action, readonly string[]>>

interface TokenOptions extends Patterns {
  readonly sub?: string
  readonly tenant?: string
  readonly expires: number
  readonly issuer?: string
  readonly audience?: string
  readonly key?: string
  readonly check?: string
}

/** What a token says, and `jwt` is told, where nothing else is said. */
const usual = 'anywire'

const collect = (pattern: string, before: readonly string[] = []) => [...before, pattern]

export const tokenCommand = new Command('token')
  .description('Sign a token, or say of one why it would be refused.')
  .option('--sub <name>', 'who holds it')
  .option('--subscribe <pattern>', 'channels that it lets read; may be given again', collect)
  .option('--publish <pattern>', 'channels that it lets publish to', collect)
  .option('--presence <pattern>', 'channels that it shows the members of', collect)
  .option('--manage <pattern>', 'channels that it lets close and delete', collect)
  .option('--tenant <name>', 'what all these channels are below')
  .option('--expires <time>', 'for how long: 30s, 15m, 1h, 7d', readTime, 3_600)
  .option('--issuer <text>', `its "iss" (default: "${usual}"; with --check, what the token says)`)
  .option('--audience <text>', `its "aud" (default: "${usual}"; with --check, what the token says)`)
  .option('--key <file>', `PEM, JWK or secret (default: ${signingKeyFile}; with --check, ${publicKeyFile})`)
  .option('--check <token>', 'say of this token what it allows, or why it is refused')
  .action(async (options: TokenOptions) => {
    if (options.check === undefined) console.log(await sign(options))
    else await check(options.check, options)
  })

async function sign(options: TokenOptions): Promise<string> {
  const { sub, tenant, expires, issuer = usual, audience = usual, key: file = signingKeyFile } = options
  if (sub === undefined) throw new AnywireError('bad-request', "A token is somebody's: say whose with --sub.")
  const [key] = readKeys(file)
  if (key === undefined || key.key.type === 'public') {
    throw new AnywireError(
      'bad-request',
      `${file} holds a public key, which signs nothing: name a private one with --key.`,
    )
  }
  const channels = new Map<string, Action[]>()
  for (const action of actions) {
    for (const pattern of options[action] ?? []) channels.set(pattern, [...(channels.get(pattern) ?? []), action])
  }
  const { SignJWT } = await loadJose()
  const now = Math.floor(Date.now() / 1_000)
  const token = await new SignJWT({ channels: Object.fromEntries(channels), ...(tenant !== undefined && { tenant }) })
    .setProtectedHeader({ alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expires)
    .sign(key.key)
  // What would be refused is not handed out.
  await principalOf(token, { keys: [key], issuer, audience })
  return token
}

async function check(token: string, options: TokenOptions): Promise<void> {
  const { decodeJwt } = await loadJose()
  const file = options.key ?? (existsSync(publicKeyFile) ? publicKeyFile : signingKeyFile)
  const keys = readKeys(file)
  const said = attempt(() => decodeJwt(token)) ?? {}
  const audience = options.audience ?? String([said.aud ?? usual].flat()[0])
  const principal = await principalOf(token, { keys, issuer: options.issuer ?? said.iss ?? usual, audience })
  const { expiresAt, claims } = principal
  console.log(
    printable(`Accepted: it is of ${JSON.stringify(claims.sub)}, until ${new Date(expiresAt).toISOString()}.`),
  )
  const lines = principal.grants instanceof GrantList ? principal.grants.describe() : []
  if (lines.length === 0) console.log('It grants nothing.')
  for (const line of lines) console.log(printable(line))
}

interface Checked {
  readonly keys: readonly FileKey[]
  readonly issuer: string
  readonly audience: string
}

/** @throws AnywireError with the sentence that a client would be told. */
async function principalOf(token: string, { keys, issuer, audience }: Checked): Promise<TokenPrincipal> {
  const algorithms = [...new Set(keys.map(({ alg }) => alg))]
  const authenticate = jwt({ issuers: [{ issuer, audience, algorithms, key: keys.map(({ key }) => key) }] })
  const principal = (await authenticate({ kind: 'bearer', token }, undefined as never)) as TokenPrincipal
  if (principal.expiresAt > Date.now()) return principal
  throw new AnywireError('unauthorized', `The token has expired at ${new Date(principal.expiresAt).toISOString()}.`)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

function readTime(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (unitSeconds[unit] ?? 0)
  if (seconds > 0) return seconds
  throw new InvalidArgumentError('It is no time such as 30s, 15m, 1h or 7d.')
}
