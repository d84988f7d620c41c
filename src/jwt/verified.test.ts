/** Tests of remembered tokens: how long, and how many. */
import { describe, expect, it } from 'vitest'
import { grantsOf } from '../core/access/claims.js'
import { jwtLimits } from './options.js'
import { VerifiedTokens } from './verified.js'

const principal = (id: string, expiresAt = Number.MAX_SAFE_INTEGER) => ({
  id,
  expiresAt,
  grants: grantsOf({}),
  claims: {},
  revocable: {},
})

describe('a remembered token', () => {
  it('is known for 60 s, or until it expires', () => {
    const tokens = new VerifiedTokens(10)
    tokens.add('long', principal('a'), 1, 0)
    tokens.add('short', principal('b', 5_000), 1, 0)
    expect([tokens.get('long', 59_999)?.id, tokens.get('short', 4_999)?.id]).toEqual(['a', 'b'])
    expect([tokens.get('long', 60_000), tokens.get('short', 5_000)]).toEqual([undefined, undefined])
    expect(tokens.get('long', 0)).toBeUndefined()
  })

  it('makes room for others once it has not been used for longest', () => {
    const tokens = new VerifiedTokens(2)
    for (const id of ['a', 'b']) tokens.add(id, principal(id), 1, 0)
    tokens.get('a', 0)
    tokens.add('c', principal('c'), 1, 0)
    expect(['a', 'b', 'c'].map((id) => tokens.get(id, 0)?.id)).toEqual(['a', undefined, 'c'])
  })

  it('is forgotten when it is revoked, and makes room', () => {
    const tokens = new VerifiedTokens(10)
    const half = jwtLimits.rememberLength / 2
    for (const id of ['a', 'b']) tokens.add(id, principal(id), half, 0)
    tokens.forget(({ id }) => id === 'b')
    tokens.add('c', principal('c'), half, 0)
    expect(['a', 'b', 'c'].map((id) => tokens.get(id, 0)?.id)).toEqual(['a', undefined, 'c'])
  })

  it('makes room by its length, too', () => {
    const tokens = new VerifiedTokens(10)
    const half = jwtLimits.rememberLength / 2
    for (const id of ['a', 'b', 'b', 'c']) tokens.add(id, principal(id), half, 0)
    expect(['a', 'b', 'c'].map((id) => tokens.get(id, 0)?.id)).toEqual([undefined, 'b', 'c'])
  })
})
