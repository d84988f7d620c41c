import { describe, expect, it } from 'vitest'
import { inUrl, keysHidden } from './secrets.js'

describe('what is shown of secrets', () => {
  it.each([
    ['redis://user:p:a@s@host:6379/1', 'redis://user:[redacted]@host:6379/1'],
    ['redis://:pass@host', 'redis://:[redacted]@host'],
    ['nats://a:b@one,nats://c:d@two', 'nats://a:[redacted]@one,nats://c:[redacted]@two'],
    ['redis://host:6379', 'redis://host:6379'],
    ['disk:./data', 'disk:./data'],
  ])('of %s is %s', (url, shown) => {
    expect(inUrl(url)).toBe(shown)
  })

  it('of keys of issuers is nothing', () => {
    const shown = keysHidden({ issuers: [{ issuer: 'a', key: ['secret', { k: 'secret' }] }, { keyFile: 'f' }] })
    expect(shown).toEqual({ issuers: [{ issuer: 'a', key: '[redacted]' }, { keyFile: 'f' }] })
  })
})
