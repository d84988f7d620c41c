/** Tests of what is revoked: whose credential, issued when, and for how long. */
import { describe, expect, it } from 'vitest'
import type { Principal } from '../rule.js'
import { digestOf } from './digest.js'
import { covers, merged, type Revocation, Revoked } from './revoked.js'

const ann: Principal = {
  id: 'ann',
  revocable: { token: 'jti', digest: digestOf('the token'), session: 's', tenant: 't', issuedAt: 1_000 },
}
const bob: Principal = { id: 'bob', revocable: { token: 'other', session: 's2', tenant: 't2', issuedAt: 1_000 } }

function revoked(...revocations: Partial<Revocation>[]): Revoked {
  const all = new Revoked()
  for (const one of revocations) {
    all.add({ what: 'principal', name: 'ann', issuedBefore: 2_000, until: 10_000, ...one } as Revocation)
  }
  return all
}

const code = (all: Revoked, principal: Principal, channel?: string) => all.refusal(principal, channel, 3_000)?.code

describe('what is revoked', () => {
  it.each<[string, Partial<Revocation>]>([
    ['principal', {}],
    ['session', { what: 'session', name: 's' }],
    ['tenant', { what: 'tenant', name: 't' }],
    ['token, by its name', { what: 'token', name: digestOf('jti'), issuedBefore: undefined }],
    ['token, by itself', { what: 'token', name: digestOf('the token'), issuedBefore: undefined }],
  ])('is refused by its %s, and no other is', (_, revocation) => {
    const all = revoked(revocation)
    expect([code(all, ann), code(all, bob), code(all, { id: 'carl' })]).toEqual(['unauthorized', undefined, undefined])
  })

  it('in a channel is refused there, to everybody', () => {
    const all = revoked({ what: 'channel', name: 'n' })
    expect([code(all, ann, 'n'), code(all, bob, 'n'), code(all, ann, 'm'), code(all, ann)]).toEqual([
      'forbidden',
      'forbidden',
      undefined,
      undefined,
    ])
  })

  it('is what was issued before, or does not say when it was', () => {
    const issued = (issuedAt: number | undefined) => code(revoked({}), { id: 'ann', revocable: { issuedAt } })
    expect([issued(1_999), issued(2_000), issued(undefined)]).toEqual(['unauthorized', undefined, 'unauthorized'])
    expect(code(revoked({}), { id: 'ann' })).toBe('unauthorized')
  })

  it('of a token is so whenever it was issued', () => {
    const all = revoked({ what: 'token', name: digestOf('jti'), issuedBefore: undefined })
    expect(code(all, { id: 'ann', revocable: { token: 'jti', issuedAt: 9_999 } })).toBe('unauthorized')
  })

  it('is so until its time is over', () => {
    const all = revoked({ until: 3_001 }, { what: 'channel', name: 'n', until: 3_000 })
    expect([code(all, ann), code(all, bob, 'n')]).toEqual(['unauthorized', undefined])
  })

  it('is never taken back by another that says less', () => {
    const all = revoked({ issuedBefore: 500, until: 20_000 }, { issuedBefore: 2_000, until: 10_000 })
    expect(all.get({ what: 'principal', name: 'ann' })).toMatchObject({ issuedBefore: 2_000, until: 20_000 })
    expect(all.size).toBe(1)
    const known = [...all][0]!
    expect(all.add({ ...known, issuedBefore: 1, until: 1 })).toBeUndefined()
    expect(merged(known, { ...known, issuedBefore: 9_000 }).issuedBefore).toBe(9_000)
  })

  it('covers connections of those that are meant', () => {
    const one: Revocation = { what: 'session', name: 's', issuedBefore: 2_000, until: 10_000 }
    expect([covers(one, ann, 3_000), covers(one, bob, 3_000), covers(one, ann, 10_000)]).toEqual([true, false, false])
    expect(covers({ ...one, what: 'channel', name: 'n' }, bob, 3_000)).toBe(true)
  })
})
