/** Anywire that takes signed tokens: `tokens.mjs <algorithm>`. It signs them itself, and says what one costs that was seen before. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { jwt } from 'anywire/jwt'
import { SignJWT } from 'jose'
import { listen } from './control.mjs'

const algorithm = /** @type {'ES256' | 'EdDSA' | 'RS256' | 'HS256'} */ (process.argv[2] ?? 'ES256')
const { sign, verify } = keysFor(algorithm)
const authenticate = jwt({ issuers: [{ issuer: 'app', audience: 'push', algorithms: [algorithm], key: verify }] })
const hub = createHub({ authenticate, limits: { connectionsPerAddress: null } })
const server = createServer()
hub.attach(server)

/** New tokens, each of another holder. */
const mint = () => Promise.all(Array.from({ length: 1_000 }, (_, holder) => signed(`user ${holder}`)))

/** @param {string} sub */
function signed(sub) {
  return new SignJWT({ channels: { 'chat/*': ['subscribe', 'publish'], 'inbox/{sub}': ['subscribe'] } })
    .setProtectedHeader({ alg: algorithm })
    .setIssuer('app')
    .setAudience('push')
    .setSubject(sub)
    .setIssuedAt()
    .setJti(randomBytes(9).toString('base64url'))
    .setExpirationTime('1 hour')
    .sign(sign)
}

const calls = 50_000

/** CPU-µs of one call of `authenticate` with a token that was verified before: all that a token adds to a handshake. */
async function seen() {
  const request = /** @type {import('node:http').IncomingMessage} */ ({ headers: {} })
  const credential = /** @type {const} */ ({ kind: 'bearer', token: await signed('ann') })
  await authenticate(credential, request)
  const before = process.cpuUsage()
  for (let call = 0; call < calls; call++) authenticate(credential, request)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / calls
}

/** @param {string} name */
function keysFor(name) {
  if (name === 'HS256') {
    const secret = randomBytes(32)
    return { sign: secret, verify: secret }
  }
  const pair =
    name === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : name === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { sign: pair.privateKey, verify: pair.publicKey }
}

listen(server, (_message, done) => done(), { mint, seen })
