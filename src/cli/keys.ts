/** `anywire keys`: makes a key pair for signing tokens, and the JWK Set to verify them with. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { publicKeyFile, signingKeyFile } from '../config/key-file.js'
import { AnywireError } from '../protocol/index.js'

interface KeysOptions {
  readonly alg: 'EdDSA' | 'ES256' | 'RS256'
  readonly key: string
  readonly jwks: string
}

export const keysCommand = new Command('keys')
  .description('Make a key pair for signing tokens, and the JWK Set to verify them with.')
  .addOption(
    new Option('--alg <algorithm>', 'what it signs with').choices(['EdDSA', 'ES256', 'RS256']).default('ES256'),
  )
  .option('--key <file>', 'where to write the private key, which signs', signingKeyFile)
  .option('--jwks <file>', 'where to write the JWK Set, which verifies', publicKeyFile)
  .action((options: KeysOptions) => {
    for (const file of [options.key, options.jwks]) {
      if (existsSync(file)) throw new AnywireError('conflict', `${file} exists already: move it away, or name another.`)
    }
    const { alg } = options
    const { privateKey } = pairFor(alg)
    const facts = { alg, kid: new Date().toISOString().slice(0, 19), use: 'sig' }
    const publicJwk: JsonWebKey = { ...createPublicKey(privateKey).export({ format: 'jwk' }), ...facts }
    write(options.key, { ...privateKey.export({ format: 'jwk' }), ...facts }, 0o600)
    write(options.jwks, { keys: [publicJwk] }, 0o644)
    console.log(`${options.key}: the private key; keep it to yourself. anywire token signs with it.`)
    console.log(`${options.jwks}: the JWK Set; serve it, or give its keys to jwt({ issuers: [{ key }] }).`)
  })

function pairFor(alg: KeysOptions['alg']) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return generateKeyPairSync('rsa', { modulusLength: 2_048 })
}

function write(file: string, content: object, mode: number): void {
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode, flag: 'wx' })
}
