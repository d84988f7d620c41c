import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { namesOf, urlOf, wantsEventStream } from './target.js'

const wants = (accept?: string) => wantsEventStream({ headers: { accept } } as IncomingMessage)

describe('Accept', () => {
  it.each([
    ['text/event-stream', true],
    ['Text/Event-Stream', true],
    ['text/event-stream; charset=utf-8', true],
    ['application/json, text/event-stream;q=0.1', true],
    ['text/event-stream;q=0.001', true],
    ['text/event-stream;q=0', false],
    ['text/event-stream; charset=utf-8; q=0.000, application/json', false],
    ['*/*', false],
    ['text/event-stream2', false],
    [undefined, false],
  ])('%s asks for an event stream: %s', (accept, asked) => {
    expect(wants(accept)).toBe(asked)
  })
})

describe('the URL of a request', () => {
  it.each([
    ['without a framework', { url: '/channels/a?x=1' }, '/channels/a?x=1'],
    ['in absolute form', { url: 'http://a.example/channels/a?x=1' }, '/channels/a?x=1'],
    ['mounted in Express', { baseUrl: '/channels', url: '/a?x=1', originalUrl: '/channels/a?x=1' }, '/channels/a?x=1'],
    ['of the mount in Express', { baseUrl: '/channels', url: '/?x=1', originalUrl: '/channels?x=1' }, '/channels/?x=1'],
    [
      'in absolute form, mounted in Express',
      { baseUrl: '/channels', url: 'http://a.example/a?x=1' },
      '/channels/a?x=1',
    ],
    ['not mounted in Express', { baseUrl: '', url: '/channels/a', originalUrl: '/channels/a' }, '/channels/a'],
    ['mounted in Connect', { url: '/a?x=1', originalUrl: '/channels/a?x=1' }, '/channels/a?x=1'],
    ['of the mount in Connect', { url: '/', originalUrl: '/channels' }, '/channels'],
    ['of the mount in Connect, with a query', { url: '/?x=1', originalUrl: '/channels?x=1' }, '/channels?x=1'],
  ])('is whole: %s', (_where, request, url) => {
    expect(urlOf(request as unknown as IncomingMessage)).toBe(url)
  })

  it.each([
    ['Express', { baseUrl: '', url: '/channels/own', originalUrl: '/channels/secret' }, '/channels/own'],
    ['a mount of Express', { baseUrl: '/channels', url: '/own', originalUrl: '/channels/secret' }, '/channels/own'],
    ['Connect', { url: '/channels/own', originalUrl: '/channels/secret' }, '/channels/own'],
  ])('is what a middleware has made of it: %s', (_where, request, url) => {
    expect(urlOf(request as unknown as IncomingMessage)).toBe(url)
  })
})

describe('the name in a path', () => {
  it('is refused when the limit has become too low for it, and read again when it is high enough', () => {
    const limits = { nameBytes: 4 }
    const nameOf = namesOf(limits)
    expect(nameOf('long')).toBe('long')
    limits.nameBytes = 3
    expect(() => nameOf('long')).toThrow('is longer than 3 bytes')
    limits.nameBytes = 4
    expect(nameOf('long')).toBe('long')
  })

  it('is read anew each time unless it is spelt as it is', () => {
    const nameOf = namesOf({ nameBytes: 64 })
    for (const _time of [1, 2]) {
      expect(nameOf('chat/7')).toBe('chat/7')
      expect(nameOf('chat%2F7')).toBe('chat/7')
      expect(nameOf('caf%C3%A9')).toBe('café')
      expect(() => nameOf('chat//7')).toThrow('has an empty segment')
      expect(() => nameOf('a/../b')).toThrow('has the segment ".."')
      expect(() => nameOf('x'.repeat(65))).toThrow('is longer than 64 bytes')
    }
  })
})
