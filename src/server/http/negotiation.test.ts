/** Tests of what a client says of compressed bytes. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { acceptsGzip, deflateWindow } from './negotiation.js'

const asking = (name: string, value: string | undefined) =>
  ({ headers: { [name]: value } }) as unknown as IncomingMessage

describe('acceptsGzip', () => {
  it.each([
    ['gzip', true],
    ['gzip, deflate, br, zstd', true],
    ['deflate, GZIP;q=0.5', true],
    ['x-gzip', true],
    ['*', true],
    ['br;q=1.0, *;q=0.1', true],
    ['gzip ; q=0.8 , identity;q=0.5', true],
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=0', false],
    ['gzip;q=0.0, *', false],
    ['*;q=0', false],
    ['gzip;q=0.5, identity', false],
    ['gzip;q=high', false],
    ['gzipped', false],
  ])('takes %j for %j', (value, expected) => {
    expect(acceptsGzip(asking('accept-encoding', value))).toBe(expected)
  })
})

describe('deflateWindow', () => {
  it.each([
    ['permessage-deflate', 15],
    ['permessage-deflate; client_max_window_bits', 15],
    ['permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits=8', 15],
    ['x-other; a=1, permessage-deflate', 15],
    ['permessage-deflate; server_max_window_bits=12; client_max_window_bits=12', 12],
    ['permessage-deflate; server_max_window_bits="14"', 12],
    ['permessage-deflate; server_max_window_bits=15', 12],
    ['permessage-deflate; server_max_window_bits=10, permessage-deflate', 12],
    ['permessage-deflate; server_max_window_bits=11', undefined],
    [undefined, undefined],
    ['x-webkit-deflate-frame', undefined],
    ['permessage-deflate; server_max_window_bits', undefined],
    ['permessage-deflate; server_max_window_bits=16', undefined],
    ['permessage-deflate; server_no_context_takeover=1', undefined],
    ['permessage-deflate; constructor', undefined],
    ['permessage-deflate; client_max_window_bits; client_max_window_bits', undefined],
    ['permessage-deflate, permessage-deflate; nonsense', undefined],
    ['permessage-deflate;', undefined],
    ['permessage-deflate; =', undefined],
  ])('serves %j with %j', (offer, expected) => {
    expect(deflateWindow(asking('sec-websocket-extensions', offer))).toBe(expected)
  })

  it('reads a long header in no time', () => {
    const long = `permessage-deflate${'; a '.repeat(4_000)}=`
    const before = process.cpuUsage().user
    expect(deflateWindow(asking('sec-websocket-extensions', long))).toBeUndefined()
    expect((process.cpuUsage().user - before) / 1_000).toBeLessThan(100)
  })
})
