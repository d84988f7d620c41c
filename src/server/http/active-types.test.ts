/** Tests of what scripts and styles are served as. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { servedAs } from './active-types.js'

const served = (type: string, headers: Record<string, string> = {}, method = 'GET') =>
  servedAs({ method, headers } as unknown as IncomingMessage, type).contentType

describe('a channel that holds a script or a style', () => {
  it.each([
    'text/javascript',
    'TEXT/JavaScript; charset=utf-8',
    'application/javascript',
    'application/x-javascript',
    'text/ecmascript',
    'application/ecmascript',
    'text/x-ecmascript',
    'text/javascript1.5',
    'text/jscript',
    'text/livescript',
    'text/css',
    'text/css;charset=utf-8',
    'text/xsl',
    'application/xslt+xml',
  ])('is bytes to who shows no header that an element cannot send: %s', (type) => {
    expect(served(type)).toBe('application/octet-stream')
    expect(served(type, { accept: type, origin: 'http://app.test' })).toBe('application/octet-stream')
    expect(served(type, { authorization: 'Basic YTpi' })).toBe('application/octet-stream')
    expect(served(type, { 'sec-fetch-dest': 'image' })).toBe('application/octet-stream')
    expect(served(type, { 'sec-fetch-dest': 'empty' })).toBe(type)
    expect(served(type, { authorization: 'Bearer a' })).toBe(type)
    expect(served(type, {}, 'HEAD')).toBe(type)
  })

  it.each(['application/json', 'text/plain', 'text/html', 'image/svg+xml', 'application/octet-stream', 'text/cssx'])(
    'is not what holds %s',
    (type) => {
      expect(served(type)).toBe(type)
    },
  )
})
