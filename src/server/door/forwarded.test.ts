/** Tests of what proxies say of a request. */
import { describe, expect, it } from 'vitest'
import { addressesIn, forwardedOf, isForwarded, parseForwarded } from './forwarded.js'

const parsed = (text: string) => parseForwarded(text).map((element) => Object.fromEntries(element))

describe('Forwarded', () => {
  it('is read as RFC 7239 spells it', () => {
    expect(parsed('for=192.0.2.60;proto=http;by=203.0.113.43')).toEqual([
      { for: '192.0.2.60', proto: 'http', by: '203.0.113.43' },
    ])
    expect(parsed('For="[2001:db8:cafe::17]:4711"')).toEqual([{ for: '[2001:db8:cafe::17]:4711' }])
    expect(parsed('for=192.0.2.43, for="[::1]";host="a;b,\\"c\\""')).toEqual([
      { for: '192.0.2.43' },
      { for: '[::1]', host: 'a;b,"c"' },
    ])
    expect(parsed('')).toEqual([])
  })

  it.each(['for', 'for=', 'for="a', 'for=a;for=b', 'for=a, b', 'for=a b', '=a', 'for=a;', ';for=a', 'for=[::1]'])(
    'says nothing if it is malformed: %s',
    (text) => {
      expect(parsed(text)).toEqual([])
      expect(addressesIn({ forwarded: text })).toEqual([''])
    },
  )

  it('is read in time that grows with its length', () => {
    const before = performance.now()
    expect(parsed('for="\\'.repeat(20_000))).toEqual([])
    expect(parsed(`for=${'" '.repeat(20_000)}`)).toEqual([])
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

describe('the nearest proxy', () => {
  const headers = {
    'x-forwarded-for': '203.0.113.1, 203.0.113.2',
    'x-forwarded-host': 'a.example, b.example',
    'x-forwarded-proto': 'https',
    forwarded: 'for=198.51.100.1, for="198.51.100.2:9";host=c.example;proto=http',
  }

  it('speaks last, in the headers that are trusted alone', () => {
    const none = { address: undefined, host: undefined, scheme: undefined }
    expect(forwardedOf(headers, false)).toEqual(none)
    expect(forwardedOf(headers, true)).toEqual({ address: '203.0.113.2', host: 'b.example', scheme: 'https' })
    expect(forwardedOf(headers, 'forwarded')).toEqual({ address: '198.51.100.2:9', host: 'c.example', scheme: 'http' })
    expect(forwardedOf({ forwarded: 'for=1.2.3.4' }, true)).toEqual(none)
    expect(forwardedOf({ 'x-forwarded-for': '1.2.3.4' }, 'forwarded')).toEqual(none)
  })

  it.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'x-real-ip', 'via'])(
    'is seen by %s, even an empty one',
    (name) => {
      expect(isForwarded({ [name]: '' })).toBe(true)
    },
  )

  it('is not seen where there is none', () => {
    expect(isForwarded({ host: 'a', 'x-real': '1', 'x-forward': '1' })).toBe(false)
  })
})

describe('the addresses of a chain', () => {
  it('are all that any header names', () => {
    const headers = { 'x-forwarded-for': '1.1.1.1, 2.2.2.2', 'x-real-ip': '3.3.3.3', forwarded: 'for=4.4.4.4, by=x' }
    expect(addressesIn(headers)).toEqual(['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4', ''])
    expect(addressesIn({ via: '1.1 a' })).toEqual([])
  })
})
