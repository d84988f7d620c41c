/** Every form × what a token may be, on two processes over one Redis: what one revokes the other ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RevokeTarget } from '../../src/index.js'
import { endOf, everyForm, type Form, forms, formsOfMany } from '../support/clients/readers.js'
import { asks } from '../support/clients/refused.js'
import { post } from '../support/clients/request.js'
import type { HubServer } from '../support/hub-server.js'
import { Program } from '../support/program.js'
import { RedisServer } from '../support/redis.js'
import { audience, bearer, issuer, type Signed, secret, sign } from './worlds.js'

/** A process, as far as readers have need of it. */
type Node = Pick<HubServer, 'url' | 'socketUrl'>

let redis: RedisServer
const programs: Program[] = []
let here: Node
let there: Node

beforeAll(async () => {
  redis = await RedisServer.start({ kept: 'no' })
  const accepted = JSON.stringify({ issuer, audience, algorithms: ['HS256'], key: secret })
  for (let count = 0; count < 2; count++) {
    programs.push(new Program('test/access/node.js', [redis.url, accepted], { lasts: true }))
  }
  const nodes = await Promise.all(programs.map(nodeOf))
  ;[here, there] = nodes as [Node, Node]
})

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop('SIGKILL')))
  await redis.stop()
})

async function nodeOf(program: Program): Promise<Node> {
  const origin = await program.listening()
  const url = (below = '') => `${origin}/channels${below === '' || below.startsWith('?') ? below : `/${below}`}`
  return { url, socketUrl: (below) => url(below).replace('http', 'ws') }
}

const open = (form: Form, headers: Record<string, string>) => forms[form](there as HubServer, headers)
const ask = (form: Form, headers: Record<string, string>) => asks[form](there as HubServer, headers)

/** Each token is of its own principal and session, and younger than those before: what was revoked stays so. */
let tokens = 0
const began = Math.floor(Date.now() / 1_000) - 10_000
function facts() {
  tokens++
  const iat = began + tokens
  return { sub: `ann ${tokens}`, claims: { jti: `one ${tokens}`, sid: `of ${tokens}`, iat } }
}

type Facts = ReturnType<typeof facts>
const targets: Readonly<Record<string, (of: Facts) => RevokeTarget>> = {
  token: ({ claims }) => ({ token: claims.jti }),
  principal: ({ sub }) => ({ principal: sub }),
  session: ({ claims }) => ({ session: claims.sid }),
  channel: ({ claims }) => ({ channel: 'n', issuedBefore: claims.iat * 1_000 + 1 }),
}

const mayRevoke = () => sign({ sub: 'operator', channels: { $revoked: ['manage'] } })

describe.each(everyForm)('%s on another process', (form) => {
  it.each<[string, Signed, RegExp]>([
    ['that has expired', { lifeMs: -10_000 }, /expired/],
    ['for another audience', { aud: 'https://other.example' }, /aud/],
    ['of another key', { secret: secret.replace('a', 'b') }, /signature/],
  ])('with a token %s is refused with 401 and a sentence', async (_, signed, sentence) => {
    const { status, code, headers } = await ask(form, bearer(await sign(signed)))
    expect({ status, code }).toEqual({ status: 401, code: 'unauthorized' })
    expect(headers?.['www-authenticate']).toMatch(sentence)
  })

  // Of a channel, those who read many lose that one alone.
  const whats = Object.keys(targets).filter((what) => what !== 'channel' || !formsOfMany.includes(form))

  it.each(whats)('with a token whose %s is revoked is ended, and refused then', async (what) => {
    const of = facts()
    const token = await sign(of)
    const reader = await open(form, bearer(token))
    const { status } = await post(here.url('$/revoke'), targets[what]?.(of), bearer(await mayRevoke()))
    expect(status).toBe(200)
    const refused = what === 'channel' ? 403 : 401
    expect(await reader.ended).toEqual(endOf(form, refused))
    const again = await ask(form, bearer(token))
    expect([again.status, again.headers?.['www-authenticate']]).toEqual([refused, expect.stringContaining('revoked')])
    await open(form, bearer(await sign(facts())))
  })
})

it('each form with the right token reads on another process, until that expires', async () => {
  const token = await sign({ ...facts(), lifeMs: 3_000 })
  const readers = await Promise.all(everyForm.map((form) => open(form, bearer(token))))
  await Promise.all(readers.map(({ ended }) => ended))
})
