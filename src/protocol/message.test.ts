/** Kinds of content. */
import { describe, expect, it } from 'vitest'
import { kindOf, mediaType } from './message.js'

describe('kind of a content type', () => {
  it.each([
    ['application/json', 'json'],
    ['Application/JSON ; charset=utf-8', 'json'],
    ['text/plain', 'text'],
    ['text/html;charset=latin1', 'text'],
    ['application/octet-stream', 'binary'],
    ['application/json-seq', 'binary'],
    ['', 'binary'],
  ])('%j is %s', (contentType, kind) => {
    expect(kindOf(contentType)).toBe(kind)
  })

  it('goes by the media type alone', () => {
    expect(mediaType(' Text/Plain; a=b')).toBe('text/plain')
  })
})
